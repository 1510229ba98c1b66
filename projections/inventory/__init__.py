"""How many units there are, per SKU."""
