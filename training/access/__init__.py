"""Objects of training reach views only through here; strangers get 404."""
