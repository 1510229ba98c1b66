"""What Shopify sends."""
