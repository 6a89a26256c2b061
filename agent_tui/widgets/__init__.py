"""What the screen is made of: values in, messages out."""
