"""Learning splats from pictures by differentiable rendering."""
