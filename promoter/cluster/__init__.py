"""What runs: status objects of controllers and workloads, read and judged."""
