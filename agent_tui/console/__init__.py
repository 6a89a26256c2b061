"""The screen an agent works in, and its hands: walking, writing, asking, showing."""
