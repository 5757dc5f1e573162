// processes: what /proc says of an instance's engine.
import { readdirSync, readFileSync } from 'node:fs'

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

// {pid, role, rssKib} of the supervisor `pid` and all its descendants.
export function engineProcesses(pid) {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      const stat = read(`/proc/${name}/stat`)
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      return { pid: Number(name), parent }
    })
  const found = []
  const take = (id) => {
    const words = read(`/proc/${id}/cmdline`).split('\0')
    const role = words[1] === 'worker' ? words[2] : words[1]
    const rss = /VmRSS:\s+(\d+)/.exec(read(`/proc/${id}/status`))
    if (rss) found.push({ pid: id, role, rssKib: Number(rss[1]) })
    for (const { pid: child } of all.filter(({ parent }) => parent === id)) take(child)
  }
  take(pid)
  return found
}

export function totalRssKib(pid) {
  return engineProcesses(pid).reduce((sum, { rssKib }) => sum + rssKib, 0)
}
