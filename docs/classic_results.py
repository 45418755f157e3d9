# SPDX-License-Identifier: BSD-3-Clause
"""Plots and tables of the classic results, which docs/results runs again."""
import json
import math
from pathlib import Path

import measured

COLOURS = {'best-fit': '#1864ab', 'first-fit': '#2b8a3e', 'best-fit-lifo': '#0c8599', 'next-fit': '#c2255c', 'buddy': '#e8590c'}
SYMBOLS = (4, 6, 8, 10, 12)  # of gnuplot: a square, a circle and so on, hollow


def by_policy(lines, x, y, style):
    """For gnuplot: the data of each policy, and what plots them as `style` (N: a symbol of each policy's own)."""
    policies = list(dict.fromkeys(line['policy'] for line in lines))
    data = ''.join(f'$d{n} << EOD\n' + ''.join(f'{x(line)} {y(line)}\n' for line in lines if line['policy'] == policy) +
                   'EOD\n' for n, policy in enumerate(policies))
    plots = [f"$d{n} using 1:2 with {style.replace('N', str(SYMBOLS[n]))} lc rgb '{COLOURS[policy]}' "
             f"title {measured.quoted(policy)}" for n, policy in enumerate(policies)]
    return data, ', '.join(plots)


def fifty(lines, folder):
    """Free blocks by live ones against the probability that a request leaves a rest."""
    data, plots = by_policy(lines, lambda line: line['p'], lambda line: f'{line["free"] / line["live"]:.4f}', 'points pt 7 ps 0.9')
    measured.draw('fifty', 'Points close to a line: free blocks by live blocks against the probability that a request leaves a '
                  'rest, measured on heaps in equilibrium; the line is half of that probability', (760, 380),
                  f"{data}set border 3\nset tics nomirror out\nset xrange [0:1]\nset yrange [0:0.6]\nset key left top\n"
                  f"set xlabel 'p: a request leaves a rest'\nset ylabel 'free blocks / live blocks'\n"
                  f"set grid lc rgb '#94a3b8' lw 0.5\nplot x/2 with lines dt 2 lc rgb '#64748b' title 'p / 2 (Knuth)', "
                  f"{plots}\n", folder)
    rows = [(line['policy'], line['live'], line['kinds'], f'{line["p"]:.3f}', f'{line["p"] / 2:.3f}',
             f'{line["free"] / line["live"]:.3f}') for line in lines]
    table = measured.table('fifty_table', ('policy', 'live blocks', 'sizes', 'p, measured', 'p / 2: the rule',
                                           'free / live, measured'), rows)
    (folder / 'fifty_table.html').write_text(table, encoding='utf-8')


def attack(lines, folder):
    """What Robson's attack makes each policy need, against his bound. Less than the bound would refute a theorem."""
    for line in lines:
        if line['need'] < line['bound'] - 5e-4:
            raise RuntimeError(f'{line["policy"]} needs less than Robson proved: {line}')
    policies = list(dict.fromkeys(line['policy'] for line in lines))
    data, plots = by_policy(lines, lambda line: line['n'], lambda line: line['need'], 'points pt N ps 1.3')
    measured.draw('attack', 'Points on a line: memory that each policy needs under Robson\'s attack, as a multiple of the memory '
                  'live, against the largest request; all lie on the bound', (760, 380),
                  f"{data}set border 3\nset tics nomirror out\nset logscale x 2\nset xrange [0.9:1200]\nset yrange [0:7]\n"
                  f"set key left top\nset xlabel 'largest request n, in words'\nset ylabel 'memory needed / memory live (M)'\n"
                  f"set grid lc rgb '#94a3b8' lw 0.5\nplot log(x)/log(2)/2+1-(x-1)/32768.0 with lines dt 2 lc rgb '#64748b' "
                  f"title 'the bound (Robson)', {plots}\n", folder)
    sizes = sorted({line['n'] for line in lines})
    found = {(line['policy'], line['n']): line for line in lines}
    rows = [(n, f'{found[policies[0], n]["bound"]:.3f}', *(f'{found[policy, n]["need"]:.3f}' for policy in policies))
            for n in sizes]
    table = measured.table('attack_table', ('n', 'bound', *policies), rows)
    (folder / 'attack_table.html').write_text(table, encoding='utf-8')


def worst(lines, folder):
    """What each policy needs where best fit needs most."""
    policies = list(dict.fromkeys(line['policy'] for line in lines))
    sizes = sorted({line['n'] for line in lines})
    need = {(line['policy'], line['n']): line['need'] for line in lines}
    data, plots = by_policy(lines, lambda line: line['n'], lambda line: line['need'], 'linespoints pt N')
    measured.draw('worst', 'Curves: memory that each policy needs on the program that is worst for best fit, as a multiple of '
                  'the memory live, against the largest request', (760, 380),
                  f"{data}set border 3\nset tics nomirror out\nset logscale xy 2\nset xrange [7:600]\nset key left top\n"
                  f"set xlabel 'largest request n, in units'\nset ylabel 'memory needed / memory live (M)'\n"
                  f"set grid lc rgb '#94a3b8' lw 0.5\nplot 0.368*x with lines dt 2 lc rgb '#64748b' "
                  f"title '3/8 ln(8/3) n', {plots}\n", folder)
    rows = [(n, f'{0.375 * math.log(8 / 3) * n:.1f}', *(f'{need[policy, n]:.2f}' for policy in policies)) for n in sizes]
    table = measured.table('worst_table', ('n', '3/8 ln(8/3) n', *policies), rows)
    (folder / 'worst_table.html').write_text(table, encoding='utf-8')


def programs(lines, folder):
    """What recorded programs need, and the order of the policies by it."""
    policies = list(dict.fromkeys(line['policy'] for line in lines))
    traces = list(dict.fromkeys(line['trace'] for line in lines))
    waste = {(line['policy'], line['trace']): 100 * (line['need'] / line['held'] - 1) for line in lines}
    mean = {policy: sum(waste[policy, trace] for trace in traces) / len(traces) for policy in policies}
    order = sorted(policies, key=mean.get)
    rows = [(policy, *(f'{waste[policy, trace]:.1f}%' for trace in traces), f'{mean[policy]:.1f}%') for policy in order]
    names = [Path(trace).name.removesuffix('.rep.gz') for trace in traces]
    table = measured.table('programs_table', ('policy', *names, 'mean'), rows)
    (folder / 'programs_table.html').write_text(table, encoding='utf-8')
    data = '$p << EOD\n' + ''.join(f'{n} {mean[policy]:.2f}\n' for n, policy in enumerate(order)) + 'EOD\n'
    ticks = ', '.join(f'{measured.quoted(policy)} {n}' for n, policy in enumerate(order))
    measured.draw('programs', 'Bars: memory that recorded programs need beyond what they hold at their peak, the mean of five, '
                  'from the policy that wastes least to the one that wastes most', (760, 320),
                  f"{data}set border 3\nset boxwidth 0.6\nset xrange [-0.6:{len(order) - 0.4}]\nset yrange [0:*]\n"
                  f"set xtics ({ticks}) nomirror\nset ytics nomirror\nset ylabel 'beyond the peak, %'\nunset key\n"
                  f"set grid y lc rgb '#94a3b8' lw 0.5\nplot $p using 1:2 with boxes fs solid 0.75 lc rgb '#1864ab', "
                  f"$p using 1:2:(sprintf('%.1f', $2)) with labels offset 0,0.6\n", folder)


def write(text, folder):
    """Everything, from the figures that docs/results printed."""
    lines = [json.loads(line) for line in text.splitlines()]
    for what, show in (('fifty', fifty), ('attack', attack), ('worst', worst), ('program', programs)):
        show([line for line in lines if line['what'] == what], folder)
