// mended: a test of one segment often lacks what every message must have. MSH-10, MSH-11 and MSH-12 are
// filled where they are empty, and MSH-18 says what the bytes are, so that nothing else is compared.
function textOf(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return bytes.toString('latin1')
  }
}

function mendedHeader(header) {
  const fields = header.split(header[3])
  while (fields.length < 18) fields.push('')
  fields[9] ||= 'C'
  fields[10] ||= 'P'
  fields[11] ||= '2.5.1'
  fields[17] = 'UNICODE UTF-8'
  return fields.join(header[3])
}

// The messages of a file, each by itself: a batch has no header and no trailer here.
export function messagesOf(bytes) {
  const text = textOf(bytes).replace(/[\x0b\x1c]/g, '').replace(/\r\n|\n/g, '\r')
  const lines = text.split('\r').filter((line) => !/^([FB][HT]S.*)?$/.test(line))
  const messages = []
  for (const line of lines) {
    if (line.startsWith('MSH')) messages.push([mendedHeader(line)])
    else if (messages.length > 0) messages.at(-1).push(line)
  }
  return messages.map((segments) => `${segments.join('\r')}\r`)
}
