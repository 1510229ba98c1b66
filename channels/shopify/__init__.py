"""Shopify's Admin API."""
