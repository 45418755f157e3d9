#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Proves the contracts of tests/prove/*.c for all inputs, and shows that each can fail.

    prove.py [--json FILE] [--jobs N] [--only NAME,NAME...] [--no-mutants]

A contract is a function `prove_F` or `prove_F__ASPECT`; prove.h says how to write one. For each F faults are seeded in
it, one at a time, and its contracts must refute each; equivalent.txt lists those that they do not, and why.

The exit status is 0 if every contract is proved and every fault that is not listed refuted.
"""
import argparse
import json
import multiprocessing
import os
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True

import z3  # noqa: E402

from c_types import Unsupported  # noqa: E402
from machine import Machine  # noqa: E402
from mutants import mutants  # noqa: E402
from source import HERE, Source  # noqa: E402

SECONDS = 900      # for a question at most
EFFORT = 40000000  # the same in z3's own units, which no load of the machine changes
FAULT_EFFORT = EFFORT // 4  # a counterexample is found early, or hardly
VACUOUS = 'vacuous: nothing satisfies what is assumed'

LAYOUTS = [('OSM_LAYOUT=wide',), ('OSM_LAYOUT=tag',)]
# Each source, and the machines and macros that it is looked at with. Faults are seeded on the first; those that survive
# there, on the second.
UNITS = {
    'bits.c': [(64, ('LONG=32',)), (64, ()), (32, ())],
    'classes.c': [(32, ()), (64, ())],
    'space.c': [(32, LAYOUTS[0]), (64, LAYOUTS[0])],
    'tags.c': [(32, LAYOUTS[0])],
    'address.c': [(64, (*LAYOUTS[0], 'VECTORS=0')), (32, (*LAYOUTS[0], 'VECTORS=0')), (64, (*LAYOUTS[0], 'VECTORS=1'))],
    'size.c': [(32, LAYOUTS[0]), (64, LAYOUTS[0]), (64, LAYOUTS[1])],
    'slab.c': [(64, ('OSM_HARDENING=2',)), (64, ('OSM_HARDENING=1',))],
    'seals.c': [(64, ('OSM_HARDENING=2',))],
    'buddy.c': [(32, ())],
    'sums.c': [(64, ())],
}


def ask(machine, effort, *goals):
    solver = z3.SolverFor('QF_AUFBV')
    solver.set('rlimit', effort, 'timeout', 1000 * SECONDS)
    solver.add(*machine.memory.axioms, *goals)
    answer = solver.check()
    return answer, solver.model() if answer == z3.sat else None


def inputs(machine, model):
    """The inputs of a counterexample."""
    return ' '.join(f'{name}={model.eval(term, model_completion=True).as_long():#x}' for name, _, term in machine.inputs)


def prove_case(machine, name, effort):
    try:
        machine.run(name)
    except Unsupported as reason:
        return f'not understood: {reason}'
    for one in machine.obligations:
        answer, model = ask(machine, effort, *one.assumed, one.cond, z3.Not(one.holds))
        if answer == z3.sat:
            return f'counterexample: {one.what}: {inputs(machine, model)}'
        if answer == z3.unknown:
            return f'no answer: {one.what}'
    return 'proved' if ask(machine, effort, *machine.assumed, machine.cond)[0] == z3.sat else VACUOUS


def prove(source, name, effort=EFFORT):
    """'proved', or what is wrong: for each combination of the numbers that each() stands for."""
    cases, answers = [], set()
    while True:
        machine = Machine(source, cases)
        answers.add(prove_case(machine, name, effort))
        wrong = answers - {'proved', VACUOUS}
        if wrong:
            return wrong.pop()
        cases = machine.cases
        while cases and cases[-1][0] == cases[-1][1]:
            cases.pop()
        if not cases:
            return 'proved' if 'proved' in answers else VACUOUS
        cases[-1] = (cases[-1][0] + 1, cases[-1][1])


def proved_function(proof):
    return proof.removeprefix('prove_').split('__')[0]


def proofs_of(path):
    """The contracts that a source of this folder holds, by the function each is about."""
    found = {}
    for line in (HERE / path).read_text(encoding='utf-8').splitlines():
        if line.startswith('void prove_'):
            proof = line.split()[1].split('(')[0]
            found.setdefault(proved_function(proof), []).append(proof)
    return found


def refuted(source, proofs):
    """Is one of the contracts of a function with a fault refuted?"""
    for proof in proofs:
        try:
            if prove(source, proof, FAULT_EFFORT).startswith('counterexample'):
                return True
        except (z3.Z3Exception, AttributeError, KeyError, TypeError, ValueError):
            return True  # what is no C any more: a pointer times a number, or one that fits no type
    return False


def look_at(task):
    """All contracts of one function on one machine, and the faults if they are wanted: (answers, faults that survive)."""
    path, (word, macros), function, proofs, seeded = task
    begun = time.process_time()
    source = Source(HERE / path, word, macros)
    source.check_layouts()
    answers = {proof: prove(source, proof) for proof in proofs}
    faults, survivors = 0, []
    if seeded and all(answer == 'proved' for answer in answers.values()):
        for machine in seeded:
            there = Source(HERE / path, *machine)
            tried = [(fault, refuted(there, proofs))
                     for fault in mutants(there.functions[function]) if machine == seeded[0] or fault in survivors]
            faults = faults or len(tried)
            survivors = [fault for fault, is_refuted in tried if not is_refuted]
    return {'function': function, 'source': path, 'bits': word, 'macros': macros, 'contracts': answers, 'faults': faults,
            'survivors': survivors, 'seconds': round(time.process_time() - begun, 1)}


def check_sight():
    """Does the prover see what self.c does wrong? The functions in which it does not."""
    source = Source(HERE / 'self.c', 64, ())
    answers = {name: prove(source, name) for name in source.functions if name.startswith('refute_')}
    blind = [name for name, answer in answers.items() if name.removeprefix('refute_').replace('_', ' ') not in answer]
    for name in blind:
        print(f'FAILED  {name}: {answers[name]}')
    print(f'{len(answers) - len(blind)} of {len(answers)} kinds of wrong C are seen', flush=True)
    return blind


def listed_equivalents():
    """Faults that no contract refutes, with their reasons."""
    lines = (HERE / 'equivalent.txt').read_text(encoding='utf-8').splitlines()
    return {tuple(part.strip() for part in line.split(' :: ')[:2]) for line in lines if line and not line.startswith('#')}


def main():
    parser = argparse.ArgumentParser(description='Prove the contracts of tests/prove.')
    parser.add_argument('--json', type=Path)
    parser.add_argument('--jobs', type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument('--only', default='', help='sources or functions whose name contains one of these')
    parser.add_argument('--no-mutants', action='store_true')
    options = parser.parse_args()
    tasks = [(path, machine, function, proofs, machines[:2] if i == 0 and not options.no_mutants else [])
             for path, machines in UNITS.items() for i, machine in enumerate(machines)
             for function, proofs in proofs_of(path).items()
             if any(part in f'{path} {function} {machine[0]}' for part in options.only.split(','))]
    known, used, failed, results = listed_equivalents(), set(), len(check_sight()), []
    with multiprocessing.Pool(options.jobs) as pool:
        for result in pool.imap_unordered(look_at, tasks):
            results.append(result)
            where = ' '.join([f'{result["bits"]} bits', *result['macros']])
            for proof, answer in result['contracts'].items():
                failed += answer != 'proved'
                print(f'{"ok" if answer == "proved" else "FAILED":7} {proof.removeprefix("prove_")} ({where}): {answer}',
                      flush=True)
            unknown = [fault for fault in result['survivors'] if (result['function'], fault) not in known]
            used |= {(result['function'], fault) for fault in result['survivors']} & known
            result['equivalent'] = len(result['survivors']) - len(unknown)
            if result['faults']:
                failed += bool(unknown)
                print(f'{"FAILED" if unknown else "ok":7} {result["function"]}: {result["faults"] - len(result["survivors"])} of '
                      f'{result["faults"]} faults refuted, {result["equivalent"]} listed as without consequence', flush=True)
            for fault in unknown:
                print(f'        not refuted: {result["function"]} :: {fault}')
    if len(results) != len(tasks):
        failed += 1
        print(f'FAILED  {len(tasks) - len(results)} functions were not looked at')
    if not options.only and not options.no_mutants:
        for function, fault in sorted(known - used):
            failed += 1
            print(f'FAILED  equivalent.txt lists what is refuted or is not there: {function} :: {fault}')
    functions = {result['function'] for result in results}
    totals = {'functions': len(functions), 'contracts': sum(len(one['contracts']) for one in results),
              'faults': sum(one['faults'] for one in results),
              'refuted': sum(one['faults'] - len(one['survivors']) for one in results),
              'equivalent': sum(one['equivalent'] for one in results), 'failed': failed}
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps({'totals': totals, 'results': results}, indent=1), encoding='utf-8')
    print(f'{totals["functions"]} functions, {totals["contracts"]} contracts on all machines; {totals["refuted"]} of '
          f'{totals["faults"]} seeded faults refuted, {totals["equivalent"]} without consequence; {failed} failed; '
          f'{sum(one["seconds"] for one in results):.0f} s of CPU time')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
