"""What runs: pull and apply touch the tools, reconcile and plan only what is stored."""
