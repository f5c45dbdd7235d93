"""Runs the script of processors.starlark over metrics: JSON in on standard input, JSON out on standard output.

Starlark is a subset of Python's grammar. What it lacks, and what Telegraf does not offer, is refused before anything
runs (github.com/google/starlark-go/blob/master/doc/spec.md; plugins/processors/starlark/README.md).
"""

import ast
import json
import sys

STATEMENTS = (ast.FunctionDef, ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.If, ast.For, ast.Break, ast.Continue,
              ast.Pass)
OTHERS = (ast.Module, ast.arguments, ast.arg, ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
          ast.Name, ast.Constant, ast.Call, ast.Attribute, ast.Subscript, ast.Slice, ast.List, ast.Tuple, ast.Dict,
          ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.ListComp, ast.DictComp, ast.comprehension)
REFUSED = (ast.Is, ast.IsNot, ast.Pow, ast.MatMult)
UNIVERSE = {'None': None, 'True': True, 'False': False, 'bool': bool, 'chr': chr, 'dict': dict, 'enumerate': enumerate,
            'float': float, 'int': int, 'len': len, 'list': list, 'max': max, 'min': min, 'ord': ord, 'range': range,
            'sorted': sorted, 'str': str, 'tuple': tuple, 'type': type, 'zip': zip}


def refuse(node, why):
    sys.exit('starlark: line %d: %s' % (getattr(node, 'lineno', 0), why))


def check(tree):
    for node in tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.Assign)):
            refuse(node, 'only definitions and assignments stand at the top level')
    for node in ast.walk(tree):
        if not isinstance(node, STATEMENTS + OTHERS) or isinstance(node, REFUSED):
            refuse(node, '%s is not in the language' % type(node).__name__)
        if isinstance(node, ast.Compare) and len(node.ops) > 1:
            refuse(node, 'comparisons do not chain')
        if isinstance(node, ast.FunctionDef) and (node.decorator_list or node.returns):
            refuse(node, 'functions have no decorators and no types')
        if isinstance(node, (ast.For,)) and node.orelse:
            refuse(node, 'a loop has no else')
        if isinstance(node, ast.Attribute) and node.attr.startswith('_'):
            refuse(node, 'there is no attribute %s' % node.attr)


class Dict(dict):
    """Tags and fields: what loops go over is a list, and nothing but what Telegraf takes is put in."""

    def items(self):
        return list(super().items())

    def keys(self):
        return list(super().keys())

    def values(self):
        return list(super().values())

    def __setitem__(self, key, value):
        if not isinstance(key, str) or not isinstance(value, (bool, int, float, str)):
            sys.exit('starlark: %r of %r cannot be kept' % (value, key))
        super().__setitem__(key, value)


class Metric:
    def __init__(self, name):
        self.name, self.tags, self.fields, self.time = name, Dict(), Dict(), 0


def decode(given):
    metric = Metric(given['name'])
    metric.time = given['time']
    metric.tags.update(given['tags'])
    for key, (kind, value) in given['fields'].items():
        metric.fields[key] = int(value) if kind == 'integer' else float(value) if kind == 'float' else value
    return metric


def encode(metric):
    def field(value):
        if isinstance(value, (bool, str)):
            return ['plain', value]
        return ['integer', str(value)] if isinstance(value, int) else ['float', repr(value)]

    fields = {key: field(value) for key, value in metric.fields.items()}
    return {'name': metric.name, 'time': metric.time, 'tags': dict(metric.tags), 'fields': fields}


def main():
    order = json.load(sys.stdin)
    tree = ast.parse(order['source'])
    check(tree)
    scope = {'__builtins__': {}, 'Metric': Metric, **UNIVERSE}
    exec(compile(tree, 'source', 'exec'), scope)
    results = []
    for given in order['metrics']:
        result = scope['apply'](decode(given))
        results += [] if result is None else result if isinstance(result, list) else [result]
    json.dump([encode(metric) for metric in results], sys.stdout)


main()
