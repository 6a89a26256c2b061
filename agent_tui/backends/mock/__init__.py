"""The mock desk: a whole customer service with simulated customers."""
