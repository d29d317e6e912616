"""Networks served on loopback: each peer speaks one network's API over an invented world."""
