"""Our own protocol over one websocket (docs/protocol.md)."""
