"""What a network's own objects mean, wherever they come from: its API or its export."""
