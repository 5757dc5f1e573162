// messages: small HL7 v2 messages made for the stories; all persons are invented.

const stamp = (date = new Date()) =>
  date.toISOString().replace(/[-:T]/g, '').slice(0, 14) + '+0000'

export function adt({ id, event = 'A08', app = 'NEXTEHR', facility = 'MISSION', mrn = 'A1001', family = 'TESTCASE', given = 'ALMA', phone = '(415)555-0101', time = stamp(), version = '2.5.1', processing = 'P', extra = [] }) {
  return [
    `MSH|^~\\&|${app}|${facility}|PAINBRIDGE|HUB|${time}||ADT^${event}^ADT_A01|${id}|${processing}|${version}`,
    `EVN|${event}|${time}`,
    `PID|1||${mrn}^^^${facility}^MR||${family}^${given}||19710405|F|||12 ELM ST^^OAKLAND^CA^94601||${phone}`,
    `PV1|1|O|PAIN^^^${facility}||||1234567893^RIVERA^LUZ^^^^MD|||||||||||V${mrn}`,
    ...extra,
  ].join('\r') + '\r'
}

export function oru({ id, app = 'NEXTEHR', facility = 'MISSION', mrn = 'A1001', filler = 'F1', placer = 'P1', code = '72514-3^Pain severity^LN', value = '7', unit = '{score}', time = stamp(), extra = [] }) {
  return [
    `MSH|^~\\&|${app}|${facility}|PAINBRIDGE|HUB|${time}||ORU^R01^ORU_R01|${id}|P|2.5.1`,
    `PID|1||${mrn}^^^${facility}^MR||TESTCASE^ALMA||19710405|F`,
    `PV1|1|O|PAIN^^^${facility}||||1234567893^RIVERA^LUZ^^^^MD|||||||||||V${mrn}`,
    `ORC|RE|${placer}^${app}|${filler}^${facility}`,
    `OBR|1|${placer}^${app}|${filler}^${facility}|38208-5^Pain assessment^LN|||${time}|||||||||1234567893^RIVERA^LUZ||||||${time}|||F`,
    `OBX|1|NM|${code}||${value}|${unit}|0-10|||N|F|||${time}`,
    ...extra,
  ].join('\r') + '\r'
}
