#!/usr/bin/env node
// Brings HL7's V2-to-FHIR tables (CSV, CC0) into mappings/. The rules are written and owned here;
// this script only makes what is tedious by hand, and proves that no row of the guide was lost:
//
//     scripts/import-guide.mjs codes [MAP...]          code tables into mappings/codes, never over
//                                                      a file that is there
//     scripts/import-guide.mjs draft KIND 'MAP'        a map as a first draft on stdout; KIND is
//                                                      messages, segments or datatypes
//     scripts/import-guide.mjs coverage                COVERAGE.csv (a line for each row of the guide)
//                                                      and COVERAGE-MAPS.csv (counts for each map) in
//                                                      mappings/v2-to-fhir, from the guide= attributes,
//                                                      EXCEPTIONS.csv and the code tables
//
// The tables are looked for in ../shared/v2-to-fhir, or where PAINBRIDGE_SHARED points.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const guide = path.join(process.env.PAINBRIDGE_SHARED ?? path.join(root, '../shared'), 'v2-to-fhir');
const rules = path.join(root, 'mappings/v2-to-fhir');
const GUIDE_DATE = '2025-08-25';
const KINDS = ['messages', 'segments', 'datatypes', 'codes'];
const STATES = ['taken', 'said otherwise', 'left out', 'not computable'];
const NO_TARGET = 'not mapped by the guide';

function parseCsv(text) {
    const rows = [];
    let row = [''], quoted = false;
    for (let at = 0; at < text.length; at++) {
        const sign = text[at];
        if (quoted && sign === '"' && text[at + 1] === '"') row[row.length - 1] += text[++at];
        else if (sign === '"') quoted = !quoted;
        else if (sign === ',' && !quoted) row.push('');
        else if (sign === '\n' && !quoted) { rows.push(row); row = ['']; }
        else if (sign !== '\r') row[row.length - 1] += sign;
    }
    const [head, ...rest] = rows.filter((cells) => cells.length > 1 && !cells[0].startsWith('#'));
    return rest.map((cells) => Object.fromEntries(head.map((key, i) => [key, cells[i] ?? ''])));
}
const read = (file) => parseCsv(readFileSync(file, 'utf8'));
const cell = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
const line = (values) => values.map((value) => cell(String(value ?? ''))).join(',');
// PID[Patient] is the map PID-Patient; PatientClass[EncounterClass] the table of that name.
const ours = (map) => map.replace(/\[(.*)\]$/, (_, inner) => `-${inner[0].toUpperCase()}${inner.slice(1)}`)
    .replaceAll('/', '');

function codes(wanted) {
    const all = read(path.join(guide, 'codesystems.csv'));
    for (const map of new Set(all.map((row) => row.map))) {
        const rows = all.filter((row) => row.map === map);
        const known = rows.filter((row) => row.v2_code && row.fhir_code);
        const file = path.join(root, 'mappings/codes', `${ours(map)}.csv`);
        if ((wanted.length > 0 && !wanted.includes(map)) || known.length === 0) continue;
        if (existsSync(file)) continue;
        mkdirSync(path.dirname(file), { recursive: true });
        const lines = known.map((row) => line([row.v2_code, row.fhir_code, row.fhir_code_system.trim(),
            row.fhir_display, `${map}:${row.row}`, 'HL7', GUIDE_DATE, '']));
        writeFileSync(file, ['code,target_code,target_system,target_display,guide,who,when,why',
            ...lines].join('\n') + '\n');
        console.log(`${path.relative(root, file)}: ${lines.length} rows`);
    }
}

function draft(kind, map) {
    const place = (identifier) => (kind === 'datatypes' ? identifier.replace(/^[A-Z]+/, '') : identifier);
    for (const row of read(path.join(guide, `${kind}.csv`)).filter((one) => one.map === map)) {
        const target = row.fhir_attribute ?? row.fhir_target;
        if (!target) continue;
        const id = `${row.identifier.toLowerCase().replace('-', '.')}`;
        const value = /^"(.*)"$/.exec(row.assignment ?? '')?.[1];
        const parts = [`id="${id}"`, `to="${target.replaceAll(/\[\d+\]/g, '')}"`,
            value ? `value="${value}"` : `from="${place(row.identifier)}"`];
        if (row.datatype_map) parts.push(`map="${ours(row.datatype_map)}"`);
        if (row.vocabulary_map) parts.push(`table="${ours(row.vocabulary_map)}"`);
        const when = row.cond_antlr || row.cond_narrative;
        if (when) parts.push(`when="${when.replaceAll('"', "'").replace(/^IF /, '')}"`);
        console.log(`  <set ${parts.join(' ')} guide="${map}:${row.row}"/>`);
    }
}

// guide="PID[Patient]:10" or "PID[Patient]:10,11-13; PV1[Patient]:4": every row that a rule names.
function rowsNamed(text) {
    const named = [];
    for (const part of text.split(';')) {
        const [, map, list] = /^\s*(.+\]|[^:]+):([\d,\s-]+)$/.exec(part) ?? [];
        if (!map) throw new Error(`not a row of the guide: ${part}`);
        for (const piece of list.split(',')) {
            const [from, to] = piece.trim().split('-').map(Number);
            for (let row = from; row <= (to ?? from); row++) named.push(`${map}:${row}`);
        }
    }
    return named;
}

// A vocabulary map is taken where our table of its name knows its codes.
function codeCounts(exceptions) {
    const all = read(path.join(guide, 'codesystems.csv')), counts = [], lost = [];
    for (const map of new Set(all.map((row) => row.map))) {
        const pairs = all.filter((row) => row.map === map && row.v2_code && row.fhir_code);
        const file = path.join(root, 'mappings/codes', `${ours(map)}.csv`);
        const known = existsSync(file) ? new Set(read(file).map((row) => row.code)) : new Set();
        const taken = pairs.filter((row) => known.has(row.v2_code)).length;
        const exception = exceptions.get(map);
        const open = pairs.length - taken;
        if (open > 0 && !exception) lost.push(`${map}: ${open} codes are in no table`);
        counts.push({ kind: 'codes', map, target: pairs.length, taken,
            [exception?.status ?? '']: open, reason: exception?.reason
                ?? (pairs.length === 0 ? 'no row of it has both a v2 and a FHIR code' : '') });
    }
    return { counts, lost };
}

function coverage() {
    const rule = new Map();
    for (const kind of ['messages', 'segments', 'datatypes']) {
        for (const file of readdirSync(path.join(rules, kind)).filter((name) => name.endsWith('.xml'))) {
            const text = readFileSync(path.join(rules, kind, file), 'utf8').replaceAll(/<!--.*?-->/gs, '');
            for (const [element] of text.matchAll(/<[a-z]+\s[^>]*?\bguide="[^"]*"[^>]*>/gs)) {
                const id = /\bid="([^"]*)"/.exec(element)?.[1] ?? /\bmap="([^"]*)"/.exec(element)?.[1]
                    ?? /\bname="([^"]*)"/.exec(element)?.[1] ?? '';
                for (const row of rowsNamed(/\bguide="([^"]*)"/.exec(element)[1])) {
                    if (!rule.has(row)) rule.set(row, `${file}#${id}`);
                }
            }
        }
    }
    const exceptions = new Map();
    for (const row of read(path.join(rules, 'EXCEPTIONS.csv'))) {
        for (const name of row.rows ? rowsNamed(`${row.map}:${row.rows}`) : [row.map]) {
            exceptions.set(name, row);
        }
    }
    const out = [], counts = {}, seen = new Set();
    const { counts: maps, lost } = codeCounts(exceptions);
    for (const kind of ['messages', 'segments', 'datatypes']) {
        for (const row of read(path.join(guide, `${kind}.csv`))) {
            const name = `${row.map}:${row.row}`;
            seen.add(name);
            const said = row.fhir_attribute || row.fhir_proposed_extension || row.assignment
                || row.fhir_target || row.segment_map;
            const exception = exceptions.get(name)
                ?? (rule.has(name) || !said ? undefined : exceptions.get(row.map));
            const status = exception?.status ?? (rule.has(name) ? 'taken' : said ? 'LOST' : NO_TARGET);
            if (status === 'LOST') lost.push(`${name} ${row.identifier} -> ${row.fhir_attribute ?? row.fhir_target}`);
            counts[status] = (counts[status] ?? 0) + 1;
            let of = maps.find((one) => one.kind === kind && one.map === row.map);
            if (!of) maps.push(of = { kind, map: row.map, target: 0 });
            of.target += status === NO_TARGET ? 0 : 1;
            of[status] = (of[status] ?? 0) + 1;
            out.push(line([row.map, row.row, row.identifier, status, rule.get(name) ?? '',
                exception?.reason ?? '']));
        }
    }
    const wrong = [...rule.keys()].filter((name) => !seen.has(name));
    writeFileSync(path.join(rules, 'COVERAGE.csv'),
        ['map,row,place,status,rule,reason', ...out].join('\n') + '\n');
    maps.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
    writeFileSync(path.join(rules, 'COVERAGE-MAPS.csv'), ['kind,map,rows with a target,'
        + 'taken,said otherwise,left out,not computable,reason', ...maps.map((one) => line([one.kind,
        one.map, one.target, ...STATES.map((state) => one[state] ?? 0), one.reason ?? '']))].join('\n') + '\n');
    console.log(counts);
    for (const kind of KINDS) {
        const sum = (key) => maps.filter((one) => one.kind === kind).reduce((n, one) => n + (one[key] ?? 0), 0);
        console.log(`${kind}: ${maps.filter((one) => one.kind === kind).length} maps, ${sum('target')} rows`
            + ` with a target, ${STATES.map((state) => `${sum(state)} ${state}`).join(', ')}`);
    }
    for (const name of wrong) console.error(`rule names a row that the guide has not: ${name} (${rule.get(name)})`);
    for (const name of lost) console.error(`neither a rule nor an exception: ${name}`);
    process.exitCode = lost.length + wrong.length > 0 ? 1 : 0;
}

const [command, ...operands] = process.argv.slice(2);
if (command === 'codes') codes(operands);
else if (command === 'draft' && operands.length === 2) draft(...operands);
else if (command === 'coverage') coverage();
else {
    console.error("usage: import-guide.mjs codes [MAP...] | draft KIND 'MAP' | coverage");
    process.exitCode = 2;
}
