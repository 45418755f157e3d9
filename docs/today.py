# SPDX-License-Identifier: BSD-3-Clause
"""Johnstone and Wilson's question on the recorded programs: tables and plots of fragmentation by policy, for a page.

The figures are those of `osmem compare`, which replays every program on every policy when the pages are made.
"""
import html
import json
import subprocess

from measured import COLOURS, draw, quoted, table

# Every request is the policy's: none has a mapping of its own.
COMMAND = ('compare', '--json', '--no-scan', '--no-times', '--map-threshold=never')
PICTURES = ('today_ranking', 'today_course')
TABLES = ('today_answer', 'today_measures', 'today_programs')
MIB = 2 ** 20
PANELS = 3  # side by side


def find(build, root, traces, step):
    """The results; None if this build has no lab."""
    program = build / 'bin/osmem'
    if not program.exists():
        return None
    step('fragmentation: osmem compare, half a minute')
    done = subprocess.run([program, *COMMAND, *traces], cwd=root, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f'osmem compare failed with {done.returncode}: {done.stderr.strip()}')
    return json.loads(done.stdout)


def called(entry):
    """An allocator with its layout."""
    return f'{entry["allocator"]} ({entry["layout"]})' if entry['layout'] else entry['allocator']


def ranked(results):
    """The means over the programs, the least of measure 4 first."""
    return sorted(results['summary'], key=lambda entry: entry['fragmentation'][3])


def leanest(results):
    """Of each policy the layout that takes the least memory, in the order of the ranking, then the other allocators."""
    lines = {}
    for entry in ranked(results):
        lines.setdefault((entry['layout'] is None, entry['allocator']), entry)
    return [lines[key] for key in sorted(lines, key=lambda key: key[0])]


def result_of(results, trace, entry):
    """What one allocator made of one program."""
    return next(result for result in results['results'] if result['trace'] == trace and
                (result['allocator'], result['layout']) == (entry['allocator'], entry['layout']))


def share(value):
    """A share in percent, or a dash."""
    return '-' if value is None else f'{100 * value:.1f}%'


# ---- Plots

def ranking(results):
    """A script that draws measure 4 of each allocator, and on it what is left without headers."""
    entries = ranked(results)
    rows = '\n'.join(f'{quoted(called(entry)).replace(chr(39), chr(34))} {100 * entry["fragmentation"][3]:.4g} '
                     f'{100 * (entry["fragmentation_without_headers"][3] or 0):.4g}' for entry in entries)
    return (f"$r << EOD\n{rows}\nEOD\nset border 3\nset style fill solid 0.8\nset boxwidth 0.75\n"
            "set xtics rotate by -50 nomirror out font ',10'\nset ytics nomirror\nset ylabel 'fragmentation, %'\n"
            "set yrange [0:*]\nset grid y lc rgb '#94a3b8' lw 0.5\nset key inside left top\n"
            f"plot $r using 0:2:xtic(1) with boxes lc rgb '{COLOURS[1]}' title 'headers and metadata, or not told apart', "
            f"$r using 0:3 with boxes lc rgb '{COLOURS[0]}' title 'without them'\n")


def panel_rows(results):
    """Rows of panels: one for each program, and one for the legend."""
    return (len(results['traces']) + 1 + PANELS - 1) // PANELS


def course(results):
    """A script that draws, for each program, payload and heaps over time."""
    lines = leanest(results)
    lines = [entry for entry in lines if entry['layout']] + [entry for entry in lines if entry['allocator'] == 'glibc']
    traces = results['traces']
    script = (f'set multiplot layout {panel_rows(results)},{PANELS}\nset border 3\nset tics nomirror out font ",9"\n'
              "set format x '%.0s%c'\nset yrange [0:*]\nset grid lc rgb '#94a3b8' lw 0.5\nunset key\n")
    styles = [f"lw 1.4 dt {1 if entry['layout'] else 3} lc rgb '{COLOURS[n % len(COLOURS)]}'"
              for n, entry in enumerate(lines)]
    for number, trace in enumerate(traces):
        plots = []
        for n, entry in enumerate(lines):
            samples = result_of(results, trace['name'], entry)['samples']
            script += f'$d{number}_{n} << EOD\n' + '\n'.join(
                f'{s["operation"]} {s["used"] / MIB:.5g} {s["payload"] / MIB:.5g}' for s in samples) + '\nEOD\n'
            plots.append(f'$d{number}_{n} using 1:2 with lines {styles[n]}')
        script += (f"set title {quoted(trace['name'] + ', MiB')}\nset xrange [0:{trace['operations']}]\n"
                   f"plot $d{number}_0 using 1:3 with filledcurves y1=0 fs solid 0.35 lc rgb '#94a3b8', "
                   + ', '.join(plots) + '\n')
    # the legend has a place of its own, behind the last program
    legend = ', '.join(f'-1 with lines {style} title {quoted(called(entry))}' for style, entry in zip(styles, lines))
    return (script + 'unset title\nunset border\nunset tics\nunset grid\nset xrange [0:1]\nset yrange [0:1]\n'
            "set key center center font ',11' maxrows 12\n"
            f"plot -1 with boxes fs solid 0.35 lc rgb '#94a3b8' title 'live payload', {legend}\nunset multiplot\n")


def draw_all(results, folder):
    """All plots."""
    draw('today_ranking', 'Bars: the mean of measure 4 in percent for each allocator, the least first, and in each bar what '
         'is left of it without headers and metadata', (960, 460), ranking(results), folder)
    draw('today_course', 'Lines: what each allocator holds over time, and under them the payload that is live, for each '
         'program', (1020, 230 * panel_rows(results)), course(results), folder)


# ---- Tables

def measures_table(results):
    """All four measures, with and without headers."""
    heads = ('allocator', 'layout', *(f'#{n}' for n in (1, 2, 3, 4)), *(f'bare #{n}' for n in (1, 2, 3, 4)))
    return table('today_measures', heads, (
        (entry['allocator'], entry['layout'] or '-', *map(share, entry['fragmentation']),
         *map(share, entry['fragmentation_without_headers'])) for entry in ranked(results)))


def programs_table(results):
    """Measure 4, program by program, and what is left of it without headers."""
    names = [trace['name'] for trace in results['traces']]
    rows = []
    for entry in leanest(results):
        cells = []
        for name in names:
            result = result_of(results, name, entry)
            bare = result['fragmentation_without_headers'][3]
            cells.append(share(result['fragmentation'][3]) + (f' ({share(bare)})' if bare is not None else ''))
        rows.append((entry['allocator'], entry['layout'] or '-', *cells))
    return table('today_programs', ('allocator', 'layout', *names), rows)


def least_of(results, trace, policy):
    """Measure 4 of a policy on a program, in its leanest layout there."""
    return min(result['fragmentation'][3] for result in results['results']
               if (result['trace'], result['allocator']) == (trace, policy))


def answer(results):
    """What the figures say, in a paragraph."""
    policies = [entry for entry in ranked(results) if entry['layout']]
    best, worst = policies[0], policies[-1]
    # of first fit and best fit, with ties and free lists in address order, as they recommend
    ordered = [entry for entry in policies if entry['allocator'] in ('first-fit', 'best-fit')]
    bare = [entry['fragmentation_without_headers'][3] for entry in ordered]
    lean = {name: min(entry['fragmentation'][3] for entry in policies if entry['allocator'] == name)
            for name in dict.fromkeys(entry['allocator'] for entry in policies)}
    order = ', '.join(f'{name} {share(value)}' for name, value in sorted(lean.items(), key=lambda item: item[1]))
    programs = [trace['name'] for trace in results['traces']]
    smaller = [name for name in programs if least_of(results, name, 'first-fit') < least_of(results, name, 'best-fit')]
    return (f"<p data-table='today_answer'>Over the {len(programs)} programs the mean of measure 4, each policy in its leanest "
            f"layout, is: {html.escape(order)}. Without header cost first fit and best fit waste between "
            f"{share(min(bare))} and {share(max(bare))}, depending on the layout. The leanest of all is "
            f"{html.escape(called(best))} with {share(best['fragmentation'][3])}; the last of the policies is "
            f"{html.escape(called(worst))} with {share(worst['fragmentation'][3])}. First fit needs less than best fit on "
            f"{len(smaller)} of the programs{': ' + ', '.join(smaller) if smaller else ''}.</p>\n")


def write(results, folder):
    """Plots and tables into the folder; without results each says that there are none."""
    if results is not None:
        draw_all(results, folder)
        for name, text in (('today_answer', answer(results)), ('today_measures', measures_table(results)),
                           ('today_programs', programs_table(results))):
            (folder / f'{name}.html').write_text(text, encoding='utf-8')
        return
    for name in PICTURES:
        (folder / f'{name}.svg').write_text(f"<p data-picture='{name}' aria-label='no figures'>This build has no lab, so "
                                            "there are no figures.</p>\n", encoding='utf-8')
    for name in TABLES:
        (folder / f'{name}.html').write_text(f"<p data-table='{name}'>-</p>\n", encoding='utf-8')
