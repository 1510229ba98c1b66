"""Many quantities at once: Amazon's Feeds API 2021-06-30 with the JSON_LISTINGS_FEED."""
