// random: numbers that only look random, the same for a seed on every machine. Whole-number
// arithmetic (a counter, mixed as in splitmix32), so no rounding of a mathematics library matters.
// `Random.of(seed, ...parts)` is a stream of its own: one draw more in one does not move another.

export class Random {
  #state

  constructor(state) {
    this.#state = state >>> 0
  }

  static of(...parts) {
    let state = 0x811c9dc5
    for (const character of parts.join('/')) {
      state = Math.imul(state ^ character.codePointAt(0), 0x01000193) >>> 0
    }
    return new Random(state)
  }

  // 0 <= x < 1
  next() {
    this.#state = (this.#state + 0x9e3779b9) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4294967296
  }

  // A whole number, both ends included.
  between(least, most) {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  chance(probability) {
    return this.next() < probability
  }

  pick(list) {
    return list[Math.floor(this.next() * list.length)]
  }

  // An index into `weights`.
  weighted(weights) {
    const sum = weights.reduce((total, weight) => total + weight, 0)
    let left = this.next() * sum
    for (let i = 0; i < weights.length; i++) {
      left -= weights[i]
      if (left < 0) return i
    }
    return weights.length - 1
  }

  // Of a list with the most common first; see names.mjs.
  ranked(list, flat) {
    return list[this.weighted(list.map((_, rank) => 1 / (rank + 1 + flat)))]
  }

  // How often a chance was missed before it came.
  misses(probability) {
    let count = 0
    while (!this.chance(probability)) count++
    return count
  }

  digits(count) {
    return Array.from({ length: count }, () => this.between(0, 9)).join('')
  }
}
