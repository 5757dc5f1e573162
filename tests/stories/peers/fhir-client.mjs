// A FHIR client by others against the base URL of the command line; the token is in TOKEN.
import assert from 'node:assert/strict'
import { Client } from 'fhir-kit-client'

const client = new Client({ baseUrl: process.argv[2], customHeaders: { Authorization: `Bearer ${process.env.TOKEN}` } })
const metadata = await client.capabilityStatement()
assert.equal(metadata.fhirVersion, '4.0.1')
assert.ok(metadata.rest[0].resource.some(({ type }) => type === 'Patient'))
const bundle = await client.search({ resourceType: 'Patient', searchParams: { identifier: 'A1001' } })
const patient = bundle.entry[0].resource
assert.equal(patient.resourceType, 'Patient')
assert.equal((await client.read({ resourceType: 'Patient', id: patient.id })).id, patient.id)
assert.equal((await client.vread({ resourceType: 'Patient', id: patient.id, version: patient.meta.versionId })).id, patient.id)
assert.equal((await client.history({ resourceType: 'Patient', id: patient.id })).type, 'history')
const first = await client.search({ resourceType: 'Patient', searchParams: { _count: 1 } })
assert.equal(first.entry.length, 1)
const next = first.link?.find(({ relation }) => relation === 'next')
if (next) assert.equal((await client.nextPage({ bundle: first })).resourceType, 'Bundle')
await assert.rejects(client.read({ resourceType: 'Patient', id: 'nobody' }), (error) => error.response.status === 404)
