# SPDX-License-Identifier: BSD-3-Clause
"""Plots and tables of a benchmark's results, for the page of measured figures.

The results are those that <code>scons bench</code> left, if they are there and say something of every policy; else the benchmark
is run now, quickly. gnuplot draws; what it draws is then made to follow the page's colours, as our other pictures do.
"""
import html
import json
import re
import subprocess

COLOURS = ('#3b82f6', '#f59e0b', '#10b981', '#a855f7', '#dc2626', '#0891b2', '#84cc16', '#db2777', '#64748b')
PEERS = 'other allocators'
SCAN = '-scan'
PICTURES = ('measured_time', 'measured_utilisation', 'measured_growth')
TABLES = ('measured_how', 'measured_summary', 'measured_programs', 'measured_best')
KEYS = {'first_ratio_to_glibc', 'faults_per_1000_ops', 'best_layout'}


# ---- Results

def is_complete(results, policies):
    """Do results say something of every (policy, layout), on programs and on needles, beside glibc?"""
    measured = {(entry['allocator'], entry['layout']) for entry in results.get('summary', ())
                if KEYS <= entry.keys() and entry['ratio_to_glibc'] is not None}
    grown = {(entry['allocator'], entry['layout']) for entry in results.get('exponents', ()) if entry['ns']}
    return set(policies) <= measured and set(policies) <= grown


def listed_policies(program, root):
    """The (policy, layout) pairs that the benchmark knows."""
    text = subprocess.run([program, '--list'], cwd=root, text=True, capture_output=True, check=True).stdout
    return re.findall(r'^  (\S+) +(\S+)  ', text.partition('peers:')[0], flags=re.MULTILINE)


def those_in_quick(policies):
    """What a quick run measures: the walks, which hardly differ by layout, in one."""
    walks = dict(reversed([policy for policy in policies if policy[0].endswith(SCAN)]))
    return [policy for policy in policies if not policy[0].endswith(SCAN)] + list(walks.items())


def find(build, root, run, step):
    """The results to show; None if this build has no benchmark. `run` runs a command or gives up."""
    program, saved = build / 'bin/osmem-bench', build / 'bench.json'
    if not program.exists():
        return None
    policies = listed_policies(program, root)
    if saved.exists():
        results = json.loads(saved.read_text(encoding='utf-8') or '{}')
        if is_complete(results, policies):
            step(f'figures from {saved}')
            return results
        step(f'{saved} does not say something of every policy')
    step('figures: osmem-bench --quick, half a minute')
    fresh = build / 'docs/bench.json'
    run('measuring', [program, '--quick', '--json', fresh])
    results = json.loads(fresh.read_text(encoding='utf-8'))
    if is_complete(results, those_in_quick(policies)):
        return results
    # Needles come last, and on a busy machine no time is left for them.
    step('figures: the needles by themselves')
    needles = build / 'docs/needles.json'
    run('measuring needles', [program, '--quick', '--load', 'needle', '--json', needles])
    results['exponents'] = json.loads(needles.read_text(encoding='utf-8'))['exponents']
    fresh.write_text(json.dumps(results), encoding='utf-8')
    return results


def called(entry):
    """An allocator with its layout."""
    return f'{entry["allocator"]} ({entry["layout"]})' if entry['layout'] else entry['allocator']


def is_scan(entry):
    """Is this a policy that walks?"""
    return entry['layout'] is not None and entry['allocator'].endswith(SCAN)


# ---- Plots

def draw(name, title, size, script, folder):
    """Let gnuplot draw, and make the result one of our pictures: colours of the page, a title, no names that clash."""
    width, height = size
    head = f"set terminal svg size {width},{height} dynamic noenhanced font 'sans-serif,12'\n"
    done = subprocess.run(['gnuplot'], input=head + script, text=True, capture_output=True, check=False)
    match = re.search(r'<svg[^>]*>(.*)</svg>', done.stdout, flags=re.DOTALL)
    if done.returncode != 0 or not match:
        raise RuntimeError(f'gnuplot: {name}: {done.stderr.strip() or "drew nothing"}')
    body = re.sub(r'<(title|desc)>[^<]*</\1>\s*', '', match.group(1))
    body = re.sub(r"(\"|')(?:black|rgb\(\s*0,\s*0,\s*0\))\1", r'\1currentColor\1', body)
    body = re.sub(r"\b(id|xlink:href)=(['\"])(#?)", rf'\1=\2\3{name}_', body)
    body = re.sub(r"url\((['\"]?)#", rf'url(\1#{name}_', body)
    label = html.escape(title, quote=True)
    (folder / f'{name}.svg').write_text(
        f"<svg class='osm-picture' data-picture='{name}' role='img' aria-label='{label}' "
        f"xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' "
        f"viewBox='0 0 {width} {height}' width='{width}' height='{height}'>\n<title>{label}</title>\n{body}</svg>\n",
        encoding='utf-8')


def quoted(text):
    """A text for gnuplot."""
    return "'" + str(text).replace("'", "''") + "'"


def bars(results, key, places):
    """A script that draws a group of bars for each indexed policy, a bar a layout, and a bar for each peer."""
    groups, series = {}, {}
    for entry in results['summary']:
        if not is_scan(entry) and entry[key] is not None:
            groups.setdefault(entry['allocator'], []).append(entry)
            series.setdefault(entry['layout'] or PEERS, [])
    at, ticks, most = 0, [], 0
    for name, entries in groups.items():
        ticks.append(f'{quoted(name)} {at + (len(entries) - 1) / 2}')
        for entry in entries:
            series[entry['layout'] or PEERS].append((at, places(entry[key])))
            most = max(most, places(entry[key]))
            at += 1
        at += .8
    data = ''.join(f'$s{n} << EOD\n' + '\n'.join(f'{x} {y:.4g}' for x, y in points) + '\nEOD\n'
                   for n, points in enumerate(series.values()))
    plots = [f"$s{n} using 1:2 with boxes fs solid 0.75 lc rgb '{COLOURS[n % len(COLOURS)]}' title {quoted(name)}"
             for n, name in enumerate(series)]
    plots += [f"$s{n} using 1:2:(sprintf('%.3g', $2)) with labels offset 0,0.6 font ',10' notitle"
              for n in range(len(series))]
    return (f"{data}set border 3\nset boxwidth 0.9\nset xrange [-1:{at}]\nset yrange [0:{1.12 * most:.4g}]\n"
            f"set xtics ({', '.join(ticks)}) rotate by -30 nomirror out\nset ytics nomirror\n"
            f"set key outside right top\nset grid y lc rgb '#94a3b8' lw 0.5\n", 'plot ' + ', '.join(plots) + '\n')


def growth_lines(results):
    """Of each policy the layout with the most points, and among these the one that takes the least time at the last."""
    lines = {}
    for entry in results['exponents']:
        if entry['layout'] and entry['operation'] == 'alloc' and len(entry['ns']) > 1:
            before = lines.get(entry['allocator'])
            if not before or (-len(entry['ns']), entry['ns'][-1]) < (-len(before['ns']), before['ns'][-1]):
                lines[entry['allocator']] = entry
    return list(lines.values())


def growth(results):
    """A script that draws the time of a needle's allocation against the number of free blocks."""
    lines = growth_lines(results)
    colours = {name: COLOURS[n % len(COLOURS)] for n, name in enumerate(
        dict.fromkeys(line['allocator'].removesuffix(SCAN) for line in lines))}
    data = ''.join(f'$l{n} << EOD\n' + '\n'.join(
        f'{blocks} {max(ns, 1) * 1e-9:.4g}' for blocks, ns in zip(line['free_blocks'], line['ns'])) + '\nEOD\n'
        for n, line in enumerate(lines))
    plots = [f"$l{n} using 1:2 with linespoints lw 2 pt {5 if is_scan(line) else 7} ps 0.6 "
             f"dt {2 if is_scan(line) else 1} lc rgb '{colours[line['allocator'].removesuffix(SCAN)]}' "
             f"title {quoted(called(line) + ': n^' + figure(line['exponent']))}" for n, line in enumerate(lines)]
    least = min((line['free_blocks'][0] for line in lines), default=1)
    return (f"{data}set logscale xy\nset xrange [{0.8 * least}:*]\nset border 3\nset tics nomirror out\nset format x '%.0s%c'\n"
            f"set format y '%.0s %cs'\nset xlabel 'free blocks'\nset ylabel 'time of an allocation'\n"
            f"set key outside right top\nset grid lc rgb '#94a3b8' lw 0.5\nplot {', '.join(plots)}\n")


def say_why_not(name, why, folder):
    """In the place of a plot."""
    (folder / f'{name}.svg').write_text(f"<p data-picture='{name}' aria-label='no figures'>{why}</p>\n", encoding='utf-8')


def draw_all(results, folder):
    """All plots."""
    setup, plot = bars(results, 'ratio_to_glibc', lambda ratio: ratio)
    label = "set ylabel 'time of an operation / glibc''s'\n"
    line = "set arrow from graph 0, first 1 to graph 1, first 1 nohead dt 2 lc rgb '#64748b'\n"
    draw('measured_time', 'Bars: time of an operation in warm runs as a multiple of glibc\'s, for each policy with an '
         'index in each layout, and for other allocators', (940, 420), setup + label + line + plot, folder)
    setup, plot = bars(results, 'utilisation', lambda share: 100 * share)
    draw('measured_utilisation', 'Bars: utilisation in percent, for each policy with an index in each layout, and for '
         'other allocators', (940, 420), setup + "set ylabel 'utilisation, %'\n" + plot, folder)
    if growth_lines(results):
        draw('measured_growth', 'Lines on logarithmic axes: time of an allocation that no free block can serve against '
             'the number of free blocks, for each policy with its index and for the walk', (940, 480), growth(results),
             folder)
    else:
        say_why_not('measured_growth', 'The machine was too busy to measure this in time; <code>scons bench</code> takes longer.',
                    folder)


# ---- Tables

def table(name, heads, rows):
    """A table as the pages have them."""
    cells = [''.join(f'<td>{html.escape(str(cell))}</td>' for cell in row) for row in rows]
    return (f"<table class='doxtable' data-table='{name}'>\n<tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>\n"
            + ''.join(f'<tr>{row}</tr>\n' for row in cells) + '</table>\n')


def figure(value, form='{:.2f}'):
    """A figure, or a dash where there is none."""
    return '-' if value is None else form.format(value)


def summary_row(entry):
    """What the recorded programs say of an allocator together."""
    return (entry['allocator'], entry['layout'] or '-', figure(entry['ratio_to_glibc']),
            figure(entry['first_ratio_to_glibc']), figure(entry['faults_per_1000_ops']),
            figure(entry['utilisation'], '{:.1%}'), figure(entry['utilisation_granule_8'], '{:.1%}'), 'beginnings only' if entry['prefix'] else '')


def programs_table(results):
    """Time an operation on each recorded program."""
    traces = list(dict.fromkeys(entry['trace'] for entry in results['results'] if entry['kind'] == 'traces'))
    rows = {}
    for entry in results['results']:
        if entry['kind'] == 'traces':
            cut = '*' if entry['first_only'] else ''
            rows.setdefault((entry['allocator'], entry['layout'] or '-'), {})[entry['trace']] = \
                figure(entry['ns_per_op'], '{:.3g}') + cut
    return table('measured_programs', ('allocator', 'layout', *traces),
                 ((*names, *(row.get(trace, '-') for trace in traces)) for names, row in rows.items()))


def how(results):
    """On what, and how, in a sentence or two."""
    machine = results['machine']
    rounds = sorted(entry['rounds'] for entry in results['results'] if entry['rounds'] and not entry['first_only'])
    many = f'{rounds[0]} to {rounds[-1]}' if rounds and rounds[0] < rounds[-1] else str(rounds[0] if rounds else 0)
    kind = 'A quick run, which is noisy' if results['quick'] else 'A full run'
    return (f"<p data-table='measured_how'>{kind}: {many} rounds of each figure, each in a fresh process, in "
            f"{results['seconds']:.0f} seconds together. {html.escape(machine['processor'])}, processors "
            f"{machine['processors']}, memory {machine['memory'] / 2 ** 30:.1f} GiB; {html.escape(machine['system'])}; "
            f"huge pages: {html.escape(machine['huge_pages'])}; {html.escape(machine['compiler'])}.</p>\n")


def write_tables(results, folder):
    """All tables."""
    heads = ('allocator', 'layout', 'time/glibc', 'first/glibc', 'faults/1000', 'utilisation', 'with a granule of 8')
    parts = {
        'measured_how': how(results),
        'measured_summary': table('measured_summary', (*heads, ''), map(summary_row, results['summary'])),
        'measured_best': table('measured_best', heads, (summary_row(entry)[:-1] for entry in results['summary']
                                                        if entry['best_layout'])),
        'measured_programs': programs_table(results),
    }
    for name, text in parts.items():
        (folder / f'{name}.html').write_text(text, encoding='utf-8')


def write(results, folder):
    """Plots and tables into the folder, where pages find them; without results each says that there are none."""
    if results is not None:
        draw_all(results, folder)
        write_tables(results, folder)
        return
    for name in PICTURES:
        say_why_not(name, 'This build has no benchmark, so there are no figures.', folder)
    for name in TABLES:
        (folder / f'{name}.html').write_text(f"<p data-table='{name}'>-</p>\n", encoding='utf-8')
