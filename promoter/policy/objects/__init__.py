"""What Kubernetes objects must look like, and what rules say of them."""
