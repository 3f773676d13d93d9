"""What the demo shows of training's own."""
