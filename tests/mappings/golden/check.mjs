#!/usr/bin/env node
// Runs the golden pairs of this folder: check.mjs PROGRAM [NAME...]. README.md says what a pair is.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = path.dirname(fileURLToPath(import.meta.url));
const [program, ...names] = process.argv.slice(2);
if (!program) {
    console.error('usage: check.mjs PROGRAM [NAME...]');
    process.exit(2);
}

const isObject = (value) => value !== null && typeof value === 'object';

// Where `actual` does not contain `expected`: the path of the first difference, or ''.
function difference(expected, actual, ids, at) {
    if (Array.isArray(expected)) {
        if (!Array.isArray(actual)) return at;
        const missing = expected.findIndex((one) =>
            actual.every((other) => difference(one, other, ids, at) !== ''));
        return missing < 0 ? '' : `${at}[${missing}]`;
    }
    if (isObject(expected)) {
        if (!isObject(actual) || Array.isArray(actual)) return at;
        for (const [name, value] of Object.entries(expected)) {
            const found = difference(value, actual[name], ids, `${at}.${name}`);
            if (found) return found;
        }
        return '';
    }
    if (typeof expected === 'string' && expected.endsWith('/*')) {
        return ids.has(actual) && actual.startsWith(expected.slice(0, -1)) ? '' : at;
    }
    return expected === actual ? '' : at;
}

function valuesAt(value, steps) {
    if (value === undefined) return [];
    if (Array.isArray(value)) return value.flatMap((one) => valuesAt(one, steps));
    return steps.length === 0 ? [value] : valuesAt(value[steps[0]], steps.slice(1));
}

function faults(name) {
    const message = path.join(folder, `${name}.hl7`);
    const expected = JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8'));
    const output = execFileSync(program, ['convert', '--site', path.join(folder, 'example'), '--at',
        '2026-11-22T02:00:00Z', message], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    const resources = JSON.parse(output).entry.map((entry) => entry.resource);
    const ids = new Set(resources.map((one) => `${one.resourceType}/${one.id}`));
    const found = [];
    for (const wanted of expected.resources) {
        const type = wanted.resourceType;
        const misses = resources.filter((one) => one.resourceType === type)
            .map((one) => difference(wanted, one, ids, type));
        if (!misses.includes('')) {
            const longest = misses.sort((a, b) => b.length - a.length)[0] ?? `no ${type}`;
            found.push(`${longest} (wanted ${JSON.stringify(wanted).slice(0, 120)})`);
        }
    }
    for (const text of expected.absent) {
        const [place, value] = text.split(' = ');
        const [type, ...steps] = place.split('.');
        const there = resources.filter((one) => one.resourceType === type)
            .flatMap((one) => valuesAt(one, steps));
        if (value === undefined ? there.length > 0 : there.includes(value)) found.push(`${text} is there`);
    }
    return found;
}

const wanted = names.length > 0 ? names : readdirSync(folder)
    .filter((file) => file.endsWith('.hl7')).map((file) => file.slice(0, -4)).sort();
let failed = 0;
for (const name of wanted) {
    const found = faults(name);
    if (found.length > 0) failed++;
    console.log(`${found.length > 0 ? 'not ok' : 'ok'} ${name}`);
    for (const fault of found) console.log(`    ${fault}`);
}
console.log(`${wanted.length - failed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 ? 1 : 0;
