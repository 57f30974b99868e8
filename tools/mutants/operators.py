"""Mutation operators: every small change of a syntax tree that a test should notice.

Not mutated: annotations, decorators, assertions, f-strings, docstrings, assignments to plain
names, whose removal is a NameError that any test detects, and the order of arguments where
it changes no result: `min`, `max`, `and_`, `or_` and `select(…).where`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# The first replacement moves the boundary, the second negates the comparison.
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
SKIPPED_FIELDS = {"annotation", "returns", "decorator_list", "format_spec"}
SKIPPED_NODES = (ast.Assert, ast.JoinedStr, ast.Import, ast.ImportFrom)
COMMUTATIVE = {"min", "max", "and_", "or_"}
REMOVABLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.Delete, ast.Raise, ast.Break, ast.Continue)
Replacement = tuple[str, ast.AST]


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a node in its parent; `index` is None where the field holds one node."""

    parent: ast.AST
    field: str
    index: int | None

    def set_node(self, node: ast.AST) -> None:
        """Set the node of this slot."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change: the node at `slot` is replaced. `function` is the qualified name around it."""

    operator: str
    function: str
    line: int
    column: int
    slot: Slot
    node: ast.AST
    replacement: ast.AST

    @property
    def before(self) -> str:
        """Source of the node, on one line."""
        return _one_line(self.node)

    @property
    def after(self) -> str:
        """Source of its replacement, on one line."""
        return _one_line(self.replacement)


def mutations(tree: ast.Module) -> list[Mutation]:
    """Return every mutation of a module, in the order of the source."""
    return list(_walk(tree, ()))


def mutated_source(tree: ast.Module, mutation: Mutation) -> str:
    """Return the source of the module with one mutation; the tree is the same afterwards."""
    mutation.slot.set_node(mutation.replacement)
    try:
        return ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    finally:
        mutation.slot.set_node(mutation.node)


def _walk(parent: ast.AST, scope: tuple[str, ...]) -> Iterator[Mutation]:
    for slot, node in _children(parent):
        if isinstance(node, SKIPPED_NODES) or _is_docstring(node):
            continue
        for operator, replacement in _replacements(slot, node, is_in_function=bool(scope)):
            line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
            name = ".".join(scope)
            yield Mutation(operator, name, line, column, slot, node, replacement)
        inner = scope
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = (*scope, node.name)
        yield from _walk(node, inner)


def _children(parent: ast.AST) -> Iterator[tuple[Slot, ast.AST]]:
    for field, value in ast.iter_fields(parent):
        if field in SKIPPED_FIELDS:
            continue
        if isinstance(value, ast.AST):
            yield Slot(parent, field, None), value
        elif isinstance(value, list):
            for index, node in enumerate(value):
                if isinstance(node, ast.AST):
                    yield Slot(parent, field, index), node


def _replacements(slot: Slot, node: ast.AST, *, is_in_function: bool) -> Iterator[Replacement]:
    for kind, operator in OPERATORS:
        # Outside of functions `|` joins types.
        if isinstance(node, kind) and (is_in_function or kind is not ast.BinOp):
            yield from operator(node)
    if slot.field in ("test", "ifs"):
        yield from _negations(node)
    if is_in_function and slot.field in ("body", "orelse", "finalbody"):
        yield from _removals(node)


def _comparisons(node: ast.Compare) -> Iterator[Replacement]:
    for index, op in enumerate(node.ops):
        for other in COMPARISONS[type(op)]:
            ops = [*node.ops[:index], other(), *node.ops[index + 1 :]]
            yield "comparison", ast.Compare(node.left, ops, node.comparators)


def _constants(node: ast.Constant) -> Iterator[Replacement]:
    if isinstance(node.value, bool):
        yield "constant", ast.Constant(not node.value)
    elif isinstance(node.value, int | float):
        yield "constant", ast.Constant(node.value + 1)
        yield "constant", _number(node.value - 1)


def _number(value: int | float) -> ast.expr:
    """Return a number as the parser gives it: a negative one is a minus and a constant."""
    if value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def _boolean_operators(node: ast.BoolOp) -> Iterator[Replacement]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield "and/or", ast.BoolOp(other, node.values)


def _set_operators(node: ast.BinOp) -> Iterator[Replacement]:
    if isinstance(node.op, ast.BitAnd | ast.BitOr):
        other = ast.BitOr() if isinstance(node.op, ast.BitAnd) else ast.BitAnd()
        yield "and/or", ast.BinOp(node.left, other, node.right)


def _without_not(node: ast.UnaryOp) -> Iterator[Replacement]:
    if isinstance(node.op, ast.Not):
        yield "negation", node.operand


def _swapped_arguments(node: ast.Call) -> Iterator[Replacement]:
    if _is_commutative(node.func):
        return
    for index in range(len(node.args) - 1):
        first, second = node.args[index : index + 2]
        if isinstance(first, ast.Starred) or isinstance(second, ast.Starred):
            continue
        if ast.dump(first) != ast.dump(second):
            args = [*node.args[:index], second, first, *node.args[index + 2 :]]
            yield "arguments", ast.Call(node.func, args, node.keywords)


def _none_returned(node: ast.Return) -> Iterator[Replacement]:
    if node.value is not None and not _is_none(node.value):
        yield "return None", ast.Return(ast.Constant(None))


def _negations(node: ast.AST) -> Iterator[Replacement]:
    """Negate a condition, unless another operator has the same effect."""
    is_negated = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    is_simple_comparison = isinstance(node, ast.Compare) and len(node.ops) == 1
    if isinstance(node, ast.expr) and not is_negated and not is_simple_comparison:
        yield "negation", ast.UnaryOp(ast.Not(), node)


def _removals(node: ast.AST) -> Iterator[Replacement]:
    if not isinstance(node, REMOVABLE):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield | ast.YieldFrom):
        return
    if isinstance(node, ast.Assign):
        parts = [part for target in node.targets for part in ast.walk(target)]
        if not any(isinstance(part, ast.Attribute | ast.Subscript) for part in parts):
            return
    yield "statement", ast.Pass()


OPERATORS: tuple[tuple[type[ast.AST], Callable[..., Iterator[Replacement]]], ...] = (
    (ast.Compare, _comparisons),
    (ast.Constant, _constants),
    (ast.BoolOp, _boolean_operators),
    (ast.BinOp, _set_operators),
    (ast.UnaryOp, _without_not),
    (ast.Call, _swapped_arguments),
    (ast.Return, _none_returned),
)


def _is_commutative(function: ast.expr) -> bool:
    """Return whether the order of the arguments changes no result; `numpy.where` differs."""
    if isinstance(function, ast.Attribute):
        is_statement = isinstance(function.value, ast.Call)  # select(…).where(…)
        return function.attr in COMMUTATIVE or (function.attr == "where" and is_statement)
    return isinstance(function, ast.Name) and function.id in COMMUTATIVE


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_docstring(node: ast.AST) -> bool:
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        return False
    return isinstance(node.value.value, str)


def _one_line(node: ast.AST) -> str:
    return " ".join(ast.unparse(ast.fix_missing_locations(node)).split())
