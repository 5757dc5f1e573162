// csv: a table as objects by its head row (RFC 4180).
import { readFileSync } from 'node:fs'

export function readCsv(file) {
  const text = readFileSync(file, 'utf8')
  const rows = []
  let row = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (quoted) {
      if (character === '"' && text[i + 1] === '"') cell += text[++i]
      else if (character === '"') quoted = false
      else cell += character
    } else if (character === '"') quoted = true
    else if (character === ',') row.push(cell), (cell = '')
    else if (character === '\n') {
      row.push(cell.replace(/\r$/, ''))
      if (row.length > 1 || row[0] !== '') rows.push(row)
      row = []
      cell = ''
    } else cell += character
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell])
  const [head, ...rest] = rows
  return rest.map((cells) => Object.fromEntries(head.map((name, i) => [name, cells[i] ?? ''])))
}
