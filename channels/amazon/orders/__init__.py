"""What was ordered: Amazon's Orders API 2026-01-01."""
