"""How hard Hypothesis tries, by kind of store: what is quick is tried often."""

import os

from hypothesis import HealthCheck, settings

IN_CI = os.environ.get("CI") == "true"

settings.register_profile(
    "syncstate",
    deadline=None,
    derandomize=IN_CI,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
settings.load_profile("syncstate")

_EXAMPLES = {"memory": 200, "sqlite": 30, "postgres": 15, "dynamodb": 6}


def machine_settings(kind: str, share: float = 1.0) -> settings:
    """Return the settings of a state machine over a store of `kind`; `share` of the usual number of examples."""
    return settings(max_examples=max(2, round(_EXAMPLES[kind] * share)), stateful_step_count=30)
