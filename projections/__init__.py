"""Events become read models. Each folder has its fold, its documents and its queries."""
