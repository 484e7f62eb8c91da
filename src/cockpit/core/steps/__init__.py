"""What a step of a runbook can be: one file and one small struct for each kind, and what all of them share."""
