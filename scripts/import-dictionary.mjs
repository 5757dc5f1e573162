#!/usr/bin/env node
// Makes mappings/dictionary/*.csv from the npm package hl7-dictionary (MIT) and from the list of
// later fields in HL7's V2-to-FHIR tables. Run once by hand, when a source has changed:
//
//     npm install --prefix /tmp/dictionary hl7-dictionary@1.0.1
//     scripts/import-dictionary.mjs /tmp/dictionary/node_modules/hl7-dictionary ../shared/v2-to-fhir
//
// The corrections below are facts of the standard that the package has wrong or lacks.

import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const [packagePath, guidePath] = process.argv.slice(2);
if (!packagePath || !guidePath) {
    console.error('usage: import-dictionary.mjs PACKAGE-DIR GUIDE-DIR');
    process.exit(2);
}
const require = createRequire(import.meta.url);
const { definitions, tables } = require(path.resolve(packagePath));
const out = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname),
    '../mappings/dictionary');

const BASE = '2.5.1';
const VERSIONS = ['2.1', '2.2', '2.3', '2.3.1', '2.4', '2.5', '2.5.1', '2.6', '2.7', '2.7.1'];
const NEWEST = VERSIONS.at(-1);
const REQUIRED = 2;
const WITHDRAWN = 4;

// HL7 v2.5.1 names of groups where the package has those of another version, or a slip.
const GROUP_NAMES = { OBXNTE: 'OBSERVATION', TIIMING: 'TIMING', GROUP: 'OBSERVATION' };

// Table 0354 of the package has two slips of the pen.
const EVENT_SLIPS = { 'RPA_I08': ['I08', 'I09', 'I10', 'I11'],
    'QBP_Q21': ['Q21', 'Q22', 'Q23', 'Q24', 'Q25'], 'RPI_I01': ['I01'] };

// Events that have a structure in the standard but no row in the package's table 0354:
// withdrawn ones of 2.2 to 2.4, and those that came with 2.6 and later.
const MORE_EVENTS = [
    ['ORU', 'R31', 'ORU_R30'], ['ORU', 'R32', 'ORU_R30'], ['ORU', 'R03', 'ORU_R01'],
    ['ORU', 'R40', 'ORU_R01'], ['SIU', 'S27', 'SIU_S12'], ['ACK', '', 'ACK'],
    ['OML', 'O39', 'OML_O39'], ['ORL', 'O40', 'ORL_O40'], ['ORA', 'R33', 'ORA_R33'],
    ['MFN', 'M14', 'MFN_M14'], ['PPP', 'PCC', 'PPP_PCB'],
];

// Optional segments that later versions put into structures of 2.5.1: structure, path of the
// neighbour (its n-th occurrence), the new segment, its max, the version that brought it.
const LATER = [];
for (const structure of ['ADT_A01', 'ADT_A02', 'ADT_A03', 'ADT_A05', 'ADT_A06']) {
    LATER.push([structure, 'ROL', 1, 'PRT', '*', '2.7'], [structure, 'ROL', 2, 'PRT', '*', '2.7']);
    LATER.push([structure, 'PD1', 1, 'ARV', '*', '2.6'], [structure, 'PV2', 1, 'ARV', '*', '2.6']);
    LATER.push([structure, 'AL1', 1, 'IAM', '*', '2.8'], [structure, 'OBX', 1, 'PRT', '*', '2.7']);
}
LATER.push(['ORU_R01', 'PATIENT_RESULT.PATIENT.PD1', 1, 'PRT', '*', '2.7'],
    ['ORU_R01', 'PATIENT_RESULT.PATIENT.VISIT.PV2', 1, 'PRT', '*', '2.7'],
    ['ORU_R01', 'PATIENT_RESULT.ORDER_OBSERVATION.NTE', 1, 'PRT', '*', '2.7'],
    ['ORU_R01', 'PATIENT_RESULT.ORDER_OBSERVATION.OBSERVATION.OBX', 1, 'PRT', '*', '2.7'],
    ['MDM_T01', 'TXA', 1, 'CON', '*', '2.6'], ['MDM_T02', 'TXA', 1, 'CON', '*', '2.6'],
    ['OML_O21', 'PATIENT.PD1', 1, 'PRT', '*', '2.7'],
    ['OML_O21', 'PATIENT.PATIENT_VISIT.PV2', 1, 'PRT', '*', '2.7'],
    ['OML_O21', 'ORDER.ORC', 1, 'PRT', '*', '2.7'],
    ['OML_O21', 'ORDER.OBSERVATION_REQUEST.NTE', 1, 'PRT', '*', '2.7'],
    ['OML_O21', 'ORDER.OBSERVATION_REQUEST.OBSERVATION.OBX', 1, 'PRT', '*', '2.7'],
    ['VXU_V04', 'ORDER.ORC', 1, 'PRT', '*', '2.7'],
    ['VXU_V04', 'ORDER.OBSERVATION.OBX', 1, 'PRT', '*', '2.7']);
for (const [structure, order] of [['OUL_R22', 'SPECIMEN.ORDER'],
    ['OUL_R23', 'SPECIMEN.CONTAINER.ORDER'], ['OUL_R24', 'ORDER']]) {
    LATER.push([structure, 'PATIENT.NTE', 1, 'OBX', '*', '2.6'],
        [structure, 'PATIENT.PD1', 1, 'PRT', '*', '2.7'],
        [structure, 'VISIT.PV2', 1, 'PRT', '*', '2.7'],
        [structure, 'VISIT', 1, 'NK1', '*', '2.6'],
        [structure, `${order}.NTE`, 1, 'PRT', '*', '2.7'],
        [structure, `${order}.RESULT.OBX`, 1, 'PRT', '*', '2.7']);
}
for (const structure of ['ADT_A01', 'ADT_A03', 'ADT_A05', 'ADT_A06'])
    LATER.push([structure, 'INSURANCE.ROL', 1, 'RF1', '*', '2.8']);
LATER.push(['BAR_P12', 'PROCEDURE', 1, 'OBX', '*', '2.6']);
// ORM has no NK1 in any version; newborn screening sends the mother there, mostly before PID.
LATER.push(['ORM_O01', 'NTE', 1, 'NK1', '*', ''], ['ORM_O01', 'PATIENT.PD1', 1, 'NK1', '*', '']);
LATER.push(['ORU_R30', 'PD1', 1, 'OBX', '*', '2.6'], ['ORU_R30', 'PD1', 1, 'PRT', '*', '2.7'],
    ['ORU_R30', 'VISIT.PV2', 1, 'PRT', '*', '2.7'], ['ORU_R30', 'NTE', 1, 'PRT', '*', '2.7'],
    ['ORU_R30', 'OBSERVATION.OBX', 1, 'PRT', '*', '2.7']);

// What the package has wrong in 2.5.1: the containers of a specimen need not be said, and repeat.
// And where the standard leaves two readings: an ORC behind an order begins the next order, not a
// result of earlier, so that prior results must begin with their patient.
const SLIPS = { 'OUL_R22.SPECIMEN.CONTAINER': [0, '*'] };
for (const order of ['OMG_O19.ORDER', 'OML_O21.ORDER.OBSERVATION_REQUEST',
    'OML_O33.SPECIMEN.ORDER.OBSERVATION_REQUEST',
    'OML_O35.SPECIMEN.SPECIMEN_CONTAINER.ORDER.OBSERVATION_REQUEST'])
    SLIPS[`${order}.PRIOR_RESULT.PATIENT_PRIOR`] = [1, 1];
// RXO's route is sent without a note; taken at its word the group would not begin with RXR, and RXE
// behind it would find no place.
for (const structure of ['RAS_O17', 'RDS_O13', 'RGV_O15'])
    SLIPS[`${structure}.ORDER.ORDER_DETAIL.ORDER_DETAIL_SUPPLEMENT.NTE`] = [0, '*'];

// Fields after 2.7.1, from the guide: those known to be of 2.8; the others came with 2.9.
const FIELDS_OF_28 = new Set(['PID-40', 'OBX-26', 'DG1-26', 'IN1-54', 'IN1-55', 'TXA-24', 'TXA-25']);

// Fields of 2.8 that neither has: segment, number, name, type, required, repeats, length, table.
const MORE_FIELDS = [
    ['ACC', 13, 'Accident Identifier', 'EI', '', 1, '', ''],
    ['RF1', 13, 'Planned Treatment Stop Date', 'DTM', '', 1, '', ''],
    ['RF1', 14, 'Referral Reason Text', 'ST', '', 1, '', ''],
    ['RF1', 15, 'Number of Authorized Treatments/Units', 'CQ', '', 1, '', ''],
    ['RF1', 16, 'Number of Used Treatments/Units', 'CQ', '', 1, '', ''],
    ['RF1', 17, 'Number of Schedule Treatments/Units', 'CQ', '', 1, '', ''],
    ['RF1', 18, 'Remaining Benefit Amount', 'MO', '', 1, '', ''],
    ['RF1', 19, 'Authorized Provider', 'XON', '', 1, '', ''],
    ['RF1', 20, 'Authorized Health Professional', 'XCN', '', 1, '', ''],
    ['RF1', 21, 'Source Text', 'ST', '', 1, '', ''],
    ['RF1', 22, 'Source Date', 'DTM', '', 1, '', ''],
    ['RF1', 23, 'Source Phone', 'XTN', '', 1, '', ''],
    ['RF1', 24, 'Comment', 'ST', '', 1, '', ''],
    ['RF1', 25, 'Action Code', 'ID', '', 1, '', '0206'],
];

function csv(name, head, rows) {
    const cell = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
    const lines = [head, ...rows.map((row) => row.map((value) => cell(String(value ?? ''))).join(','))];
    writeFileSync(path.join(out, name), lines.join('\n') + '\n');
    console.log(`${name}: ${rows.length} rows`);
}

function readCsv(file) {
    const rows = [];
    let row = [''], quoted = false;
    for (const [at, sign, text] of [...readFileSync(file, 'utf8')].map((s, i, all) => [i, s, all])) {
        if (quoted && sign === '"' && text[at + 1] === '"') row[row.length - 1] += '"';
        else if (sign === '"') quoted = !quoted || text[at - 1] === undefined;
        else if (sign === ',' && !quoted) row.push('');
        else if (sign === '\n' && !quoted) { rows.push(row); row = ['']; }
        else row[row.length - 1] += sign;
    }
    const [head, ...rest] = rows;
    return rest.map((cells) => Object.fromEntries(head.map((key, i) => [key, cells[i]])));
}

const tidy = (text) => (text ?? '').replaceAll(/\s+/g, ' ').trim();
const table = (number) => (number ? String(number).padStart(4, '0') : '');
// 0 says without limit; OBX-2 has its length where the number of repetitions should be.
const most = (count) => (count === 0 ? '*' : count > 100 ? 1 : count ?? 1);

// ---- structures and events -------------------------------------------------------------------

function structureRows(structure, message) {
    const rows = [];
    const walk = (list, prefix) => {
        for (const item of list) {
            if (item.children) {
                const name = GROUP_NAMES[item.name] ?? item.name;
                rows.push([`${prefix}.${name}`, '', item.min, most(item.max), '']);
                walk(item.children, `${prefix}.${name}`);
                continue;
            }
            // A choice of segments stands as one optional row each.
            const choice = item.name.split(',').map((name) => name.trim());
            for (const name of choice) {
                const min = choice.length > 1 ? 0 : item.min;
                const max = choice.length > 1 ? 1 : most(item.max);
                rows.push([`${prefix}.${name}`, name, min, max, '']);
            }
        }
    };
    walk(message.segments.segments, structure);
    for (const row of rows) if (SLIPS[row[0]]) row.splice(2, 2, ...SLIPS[row[0]]);
    const insertAfter = (place, nth, segment, max, version) => {
        const all = rows.map((row, i) => [row[0], i]).filter(([p]) => p === `${structure}.${place}`);
        if (all.length < nth) return;
        const before = rows[all[nth - 1][1]][0];
        const within = rows.findLastIndex((row) => row[0].startsWith(`${before}.`));
        const at = Math.max(all[nth - 1][1], within) + 1;
        const parent = before.replace(/\.[^.]+$/, '');
        rows.splice(at, 0, [`${parent}.${segment}`, segment, 0, max, version]);
    };
    for (const [of, place, nth, segment, max, version] of LATER) {
        if (of === structure) insertAfter(place, nth, segment, max, version);
    }
    if (!rows.some((row) => row[1] === 'UAC')) insertAfter('SFT', 1, 'UAC', 1, '2.6');
    return rows.map(([place, segment, min, max, from], i) =>
        [structure, i + 1, place, segment, min, max, from]);
}

const structures = [], events = [], missing = [];
for (const [structure, list] of Object.entries(tables['354'].values)) {
    const message = structure.split('_')[0];
    const source = [BASE, '2.7.1', '2.6', '2.4'].map((v) => definitions[v].messages[structure])
        .find((found) => found);
    if (!source) {
        missing.push(structure);
        continue;
    }
    structures.push(...structureRows(structure, source));
    const names = EVENT_SLIPS[structure] ?? list.split(/[ ,.]+/).filter((name) => name);
    if (structure !== 'ACK') events.push(...names.map((event) => [message, event, structure]));
}
for (const [message, event, structure] of MORE_EVENTS) {
    if (!structures.some((row) => row[0] === structure)) {
        structures.push(...structureRows(structure, definitions[NEWEST].messages[structure]));
    }
    events.push([message, event, structure]);
}
events.sort((a, b) => (a[0] + a[1] < b[0] + b[1] ? -1 : 1));
csv('structures.csv', 'structure,position,path,segment,min,max,from_version', structures);
csv('events.csv', 'message,event,structure', events);
console.log(`in table 0354 without a structure in the source: ${missing.join(' ')}`);

// ---- fields and components -------------------------------------------------------------------

// What a list of entries (fields of a segment, components of a type) was in each version.
function history(kind, part, name) {
    const byNumber = new Map();
    for (const version of VERSIONS) {
        const found = definitions[version][kind][name];
        (found?.[part] ?? []).forEach((entry, i) => {
            if (!entry?.datatype || entry.opt === WITHDRAWN) return;
            if (!byNumber.has(i + 1)) byNumber.set(i + 1, []);
            byNumber.get(i + 1).push({ version, ...entry });
        });
    }
    return [...byNumber.entries()].sort((a, b) => a[0] - b[0]);
}

// The facts of 2.5.1 stand; else those of the next later version, else of the last earlier one.
const facts = (all) => all.find((one) => VERSIONS.indexOf(one.version) >= VERSIONS.indexOf(BASE))
    ?? all.at(-1);
const until = (all) => (all.at(-1).version === NEWEST ? '' : all.at(-1).version);

const names = (kind) => [...new Set(VERSIONS.flatMap((v) => Object.keys(definitions[v][kind])))]
    .filter((name) => /^[A-Z][A-Z0-9_]*$/.test(name)).sort();

const fields = [], types = [];
for (const segment of names('segments')) {
    if (segment.length !== 3) continue;
    for (const [number, all] of history('segments', 'fields', segment)) {
        const one = facts(all);
        fields.push([segment, number, tidy(one.desc), one.datatype, one.opt === REQUIRED ? 'R' : '',
            most(one.rep), one.len ?? '', table(one.table), all[0].version, until(all)]);
        let run = null;
        for (const { version, datatype } of all) {
            if (run?.datatype === datatype) run.to = version;
            else types.push(run = { segment, number, datatype, from: version, to: version,
                usual: one.datatype });
        }
    }
}
const known = new Set(fields.map((row) => `${row[0]}-${row[1]}`));
for (const row of readCsv(path.join(guidePath, 'segments.csv'))) {
    const [, segment, number] = /^([A-Z][A-Z0-9]{2})-(\d+)$/.exec(row.identifier) ?? [];
    if (!segment || known.has(row.identifier) || !row.v2_type) continue;
    known.add(row.identifier);
    fields.push([segment, Number(number), tidy(row.name), row.v2_type, row.v2_min === '1' ? 'R' : '',
        row.v2_max === '-1' ? '*' : 1, '', '', FIELDS_OF_28.has(row.identifier) ? '2.8' : '2.9', '']);
}
fields.push(...MORE_FIELDS.map((row) => [...row, '2.8', '']));
fields.sort((a, b) => (a[0] === b[0] ? a[1] - b[1] : a[0] < b[0] ? -1 : 1));
csv('fields.csv', 'segment,field,name,type,required,repeats,length,table,from_version,to_version',
    fields);
csv('types.csv', 'segment,field,type,from_version,to_version',
    types.filter((run) => run.datatype !== run.usual)
        .map((run) => [run.segment, run.number, run.datatype, run.from, run.to]));

const components = [];
for (const type of names('fields')) {
    for (const [number, all] of history('fields', 'subfields', type)) {
        const one = facts(all);
        components.push([type, number, tidy(one.desc), one.datatype, table(one.table),
            one.opt === REQUIRED ? 'R' : '', all[0].version]);
    }
}
csv('components.csv', 'type,component,name,type_of,table,required,from_version', components);

csv('tables.csv', 'table,name', Object.entries(tables)
    .filter(([number]) => /^\d+$/.test(number))
    .map(([number, { desc }]) => [table(number), tidy(desc)])
    .sort((a, b) => (a[0] < b[0] ? -1 : 1)));
