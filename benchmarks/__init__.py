"""What promoter's work costs, as ratios against named baselines that are measured in the same run."""
