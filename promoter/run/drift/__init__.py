"""What is not as a release left it: in the slots, in the rendering, in the clusters; and between two environments."""
