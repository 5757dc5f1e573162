// kit: a client by others at work. Node reads the CA when a process starts, so it is one of its own.
//   node kit.mjs BASE TOKEN      prints what came of each step as one JSON object
import { Client } from 'fhir-kit-client'

const [baseUrl, token] = process.argv.slice(2)
const client = new Client({ baseUrl, customHeaders: { authorization: `Bearer ${token}` } })
const patient = (value) => ({ resourceType: 'Patient', identifier: [{ system: 'urn:test', value }] })

const metadata = await client.capabilityStatement()
const created = await client.create({ resourceType: 'Patient', body: patient('K1') })
const read = await client.read({ resourceType: 'Patient', id: created.id })
const updated = await client.update({ resourceType: 'Patient', id: created.id, body: { ...read, active: true } })
const found = await client.search({ resourceType: 'Patient', searchParams: { identifier: 'urn:test|K1' } })
const history = await client.history({ resourceType: 'Patient', id: created.id })
const sent = await client.transaction({
  body: {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [{ resource: patient('K2'), request: { method: 'POST', url: 'Patient' } }],
  },
})
let missing
try {
  await client.read({ resourceType: 'Patient', id: 'nobody' })
} catch (error) {
  missing = error.response?.status
}
console.log(JSON.stringify({ metadata: metadata.fhirVersion, read, updated, found, history, sent, missing }))
