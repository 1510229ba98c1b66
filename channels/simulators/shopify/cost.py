"""What a query costs, and the bucket of points it is paid from."""

from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any

import msgspec
from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationType,
    SelectionSetNode,
    get_argument_values,
    get_named_type,
)

from channels.limits import Monotonic
from channels.simulators.shopify.requests import Asked
from channels.simulators.shopify.schema import CONNECTION_POINTS, MUTATION_POINTS, OBJECT_POINTS

Found = Mapping[str, Any] | None
"""An answer, or a part of it; None where none is there yet: then the most is meant."""

MAX_QUERY_POINTS = 1000.0
"""No single query may cost more, whatever the plan."""


class Plan(msgspec.Struct, frozen=True):
    """The bucket of a shop's plan: points at most, and points a second."""

    maximum: float = 2000.0
    restore: float = 100.0


class Account:
    """One app's bucket at one shop, full at first. Safe for several threads."""

    def __init__(self, plan: Plan, monotonic: Monotonic) -> None:
        self.plan, self._monotonic, self._lock = plan, monotonic, Lock()
        self._available, self._filled = plan.maximum, monotonic()
        self.lowest = plan.maximum

    def hold(self, points: float) -> bool:
        """Take `points` if they are there."""
        with self._lock:
            self._fill()
            if points > self._available:
                return False
            self._available -= points
            self.lowest = min(self.lowest, self._available)
            return True

    def give_back(self, points: float) -> None:
        """Return what a query did not cost."""
        with self._lock:
            self._fill()
            self._available = min(self.plan.maximum, self._available + points)

    def told(self, requested: float, actual: float | None) -> dict[str, Any]:
        """Return the extension that tells of a query's cost and of the bucket."""
        with self._lock:
            self._fill()
            status = {
                "maximumAvailable": self.plan.maximum,
                "currentlyAvailable": int(self._available),
                "restoreRate": self.plan.restore,
            }
        return {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}

    def _fill(self) -> None:
        now = self._monotonic()
        self._available = min(self.plan.maximum, self._available + (now - self._filled) * self.plan.restore)
        self._filled = now


class Prices:
    """What one request costs: at most, before it is run, and in fact, by the data it brought."""

    def __init__(self, schema: GraphQLSchema, asked: Asked) -> None:
        self._schema, self._asked = schema, asked

    def requested(self) -> float:
        """Return the most it can cost: every page is taken to be full."""
        return self._of(None)

    def actual(self, data: Found) -> float:
        """Return what it cost."""
        return self._of(data or {})

    def _of(self, data: Found) -> float:
        operation = self._asked.operation
        if operation.operation is OperationType.MUTATION:
            return MUTATION_POINTS * len(self._asked.roots)
        kind = self._schema.query_type
        return 0.0 if kind is None else self._selected(kind, operation.selection_set, data)

    def _selected(self, kind: GraphQLObjectType, selections: SelectionSetNode, found: Found) -> float:
        return sum(self._field(kind, node, found) for node in self._fields(kind, selections))

    def _field(self, parent: GraphQLObjectType, node: FieldNode, found: Found) -> float:
        defined = parent.fields.get(node.name.value)
        if defined is None or node.selection_set is None:
            return 0.0
        value = None if found is None else found.get((node.alias or node.name).value)
        if found is not None and value is None:
            return 0.0
        kind, arguments = get_named_type(defined.type), get_argument_values(defined, node, self._asked.variables)
        if not isinstance(kind, GraphQLObjectType):
            rows = [None] * len(arguments["ids"]) if value is None else [row for row in value if row is not None]
            return sum(OBJECT_POINTS + self._dearest(node.selection_set, row) for row in rows)
        if "first" in arguments:
            rows = [None] * max(0, arguments["first"]) if value is None else value.get("nodes", ())
            return CONNECTION_POINTS + sum(self._row(kind, node.selection_set, row) for row in rows)
        return OBJECT_POINTS + self._selected(kind, node.selection_set, value if isinstance(value, dict) else None)

    def _row(self, connection: GraphQLObjectType, selections: SelectionSetNode, found: Found) -> float:
        kind = get_named_type(connection.fields["nodes"].type)
        inner = [node for node in self._fields(connection, selections) if node.name.value == "nodes"]
        if not isinstance(kind, GraphQLObjectType) or not inner or inner[0].selection_set is None:
            return 0.0
        return OBJECT_POINTS + self._selected(kind, inner[0].selection_set, found)

    def _dearest(self, selections: SelectionSetNode, found: Found) -> float:
        """Return what something of any type costs: the most that one of the types asked for does."""
        named = [part.type_condition for part in selections.selections if isinstance(part, InlineFragmentNode)]
        kinds = [self._schema.get_type(condition.name.value) for condition in named if condition is not None]
        prices = [self._selected(kind, selections, found) for kind in kinds if isinstance(kind, GraphQLObjectType)]
        return max(prices, default=0.0)

    def _fields(self, kind: GraphQLObjectType, selections: SelectionSetNode) -> Iterator[FieldNode]:
        """Yield the fields selected of `kind`, those in fragments too."""
        for part in selections.selections:
            if isinstance(part, FieldNode):
                yield part
            elif isinstance(part, FragmentSpreadNode):
                yield from self._fields(kind, self._asked.fragments[part.name.value].selection_set)
            elif isinstance(part, InlineFragmentNode) and _fits(part, kind):
                yield from self._fields(kind, part.selection_set)


def _fits(part: InlineFragmentNode, kind: GraphQLObjectType) -> bool:
    return part.type_condition is None or part.type_condition.name.value in (kind.name, "Node")
