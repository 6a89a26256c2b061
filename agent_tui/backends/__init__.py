"""Where conversations come from: one folder a backend, one shape for all of them."""
