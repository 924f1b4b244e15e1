import { toolsFor } from './choose.ts'
import type { Answer, Client, ListedTool } from './client.ts'
import { type Facts, factsIn } from './facts.ts'
import { filled } from './fill.ts'
import type { Task } from './tasks.ts'
import { wordsIn } from './words.ts'

export interface Played {
  calls: number
  bytes: number
  /** Why it got stuck, one text for each time. */
  deadEnds: string[]
  /** Every answer as text. */
  transcript: string
}

/** A task that needs more is lost. */
const MOST_CALLS = 10
/** How many tools may be asked in order to find the value of one parameter. */
const DEEPEST = 2

/** A sentence that leads on: it names a tool, or something that a person does. */
const FOR_A_PERSON =
  /\b(ask|tell|let|show)\b.*\b(user|member|owner|admin|operator|buyer)|\bwait\b|\bthe user\b/i

/**
 * Plays a task by nothing but the list of tools: picks tools by words, fills their parameters from the sentence, and
 * follows what the answers say. `; then ` parts a task into sentences.
 */
export async function play(
  client: Client,
  tools: readonly ListedTool[],
  { text, files }: Pick<Task, 'text' | 'files'>,
): Promise<Played> {
  const player = new Player(client, tools)
  for (const sentence of text.split(/; then /)) await player.reach(factsIn(sentence, files))
  return player.played
}

class Player {
  readonly played: Played = { calls: 0, bytes: 0, deadEnds: [], transcript: '' }
  readonly #memory = new Map<string, unknown>()
  readonly #client: Client
  readonly #tools: readonly ListedTool[]

  constructor(client: Client, tools: readonly ListedTool[]) {
    this.#client = client
    this.#tools = tools
  }

  async reach(facts: Facts): Promise<void> {
    const [tool] = toolsFor(this.#tools, facts)
    if (!tool) return this.#stuck(`no tool for: ${facts.text}`)
    const input = await this.#inputFor(tool, facts)
    if (input) await this.#follow(tool, input, facts)
  }

  /** Calls a tool and then does what its answers say, until there is nothing more to do. */
  async #follow(tool: ListedTool, input: Record<string, unknown>, facts: Facts): Promise<void> {
    const answer = await this.#call(tool, input)
    const { next_action: action } = answer.content as { next_action?: { tool?: string; arguments?: object } }
    if (action?.tool) return this.#followNamed(action.tool, action.arguments, facts)
    const step = stepIn(answer)
    if (answer.isError) return this.#recover(tool, input, { answer, step, facts })
    if (!isEmpty(answer)) return
    if (!step) return this.#stuck(`${tool.name} found nothing and says nothing`)
    const named = this.#toolsIn(step)[0]
    if (named) await this.#call(named, filled(named, { ...facts, free: undefined }, this.#memory).input)
  }

  async #followNamed(name: string, input: object = {}, facts: Facts): Promise<void> {
    const tool = this.#tools.find((each) => each.name === name)
    if (!tool) return this.#stuck(`${name} is not listed`)
    if (this.played.calls < MOST_CALLS) await this.#follow(tool, { ...input }, facts)
  }

  async #recover(
    tool: ListedTool,
    input: Record<string, unknown>,
    { answer, step, facts }: { answer: Answer; step: string; facts: Facts },
  ): Promise<void> {
    const { message = '', field = '' } = errorIn(answer)
    const repaired = repairedBy(`${message} ${step}`, input, field)
    if (repaired) return this.#follow(tool, repaired, facts)
    const [named] = this.#toolsIn(step).filter((each) => each !== tool)
    if (named) {
      const wanted = filled(named, facts, this.#memory)
      if (!wanted.missing.length && this.played.calls < MOST_CALLS) await this.#call(named, wanted.input)
      return
    }
    if (!FOR_A_PERSON.test(step) && !this.#toolsIn(step).length)
      this.#stuck(`${tool.name}: ${message} ${step || 'no next step'}`)
  }

  /** The parameters of a tool. What the task does not name is looked for by a tool that lists such things. */
  async #inputFor(tool: ListedTool, facts: Facts, depth = 0): Promise<Record<string, unknown> | undefined> {
    const { input, missing } = filled(tool, facts, this.#memory)
    for (const name of missing) {
      const value = depth < DEEPEST ? await this.#find(name, facts, depth) : undefined
      if (value === undefined) {
        this.#stuck(`${tool.name}: nothing says ${name}`)
        return undefined
      }
      input[name] = value
    }
    return input
  }

  async #find(name: string, facts: Facts, depth: number): Promise<unknown> {
    const about = { ...facts, words: wordsIn(`list ${name}s`), isQuestion: true }
    const source = toolsFor(this.#tools, about).find(
      ({ name: each, annotations }) =>
        annotations?.readOnlyHint && wordsIn(name).some((word) => wordsIn(each).includes(word)),
    )
    const input = source && (await this.#inputFor(source, facts, depth + 1))
    if (!source || !input) return undefined
    const { content } = await this.#call(source, input)
    const items = (content.items ?? []) as Record<string, unknown>[]
    const hints = [...facts.packages, ...facts.quoted]
    const item = items.find((each) => hints.some((hint) => JSON.stringify(each).includes(hint))) ?? items[0]
    const short = name.replace(/_id$/, '')
    return item?.[name] ?? item?.[short] ?? item?.[`${short}_id`] ?? item?.id ?? item?.slug
  }

  #toolsIn(step: string): ListedTool[] {
    const at = (name: string) => step.search(new RegExp(`\\b${name}\\b`))
    return this.#tools.filter(({ name }) => at(name) >= 0).sort((a, b) => at(a.name) - at(b.name))
  }

  async #call(tool: ListedTool, input: object): Promise<Answer> {
    const answer = await this.#client.call(tool.name, input)
    this.played.transcript += `${tool.name} ${JSON.stringify(answer.content)}\n`
    // how often something is still running depends on the machine
    if (answer.content.status === 'running') return answer
    this.played.calls += 1
    this.played.bytes += answer.bytes
    remember(answer.content, this.#memory)
    return answer
  }

  #stuck(why: string): void {
    this.played.deadEnds.push(why)
  }
}

const errorIn = ({ content }: Answer) =>
  (content.error ?? {}) as { message?: string; next_step?: string; field?: string }

const stepIn = (answer: Answer): string =>
  errorIn(answer).next_step ?? (answer.content.next_step as string | undefined) ?? ''

const isEmpty = ({ content: { items } }: Answer): boolean => Array.isArray(items) && !items.length

/** Does what a sentence says about a value: leaves it out, or takes only the name in it. */
function repairedBy(sentence: string, input: Record<string, unknown>, field: string) {
  const [top = ''] = field.split('.')
  if (!(top in input)) return undefined
  if (/leave it out/i.test(sentence)) {
    const { [top]: _, ...rest } = input
    return rest
  }
  if (!/\b(alone|without)\b/i.test(sentence)) return undefined
  const shorter = (value: unknown) => (typeof value === 'string' ? value.replace(/[@:].*$/, '') : value)
  const value = input[top]
  const repaired = Array.isArray(value) ? value.map(shorter) : shorter(value)
  return JSON.stringify(repaired) === JSON.stringify(value) ? undefined : { ...input, [top]: repaired }
}

/** Keeps the texts of an answer by the names of their fields. */
function remember(content: Record<string, unknown>, memory: Map<string, unknown>): void {
  for (const [name, value] of Object.entries(content)) {
    if (typeof value === 'string') memory.set(name, value)
    else if (typeof value === 'object' && value !== null && !Array.isArray(value))
      remember(value as Record<string, unknown>, memory)
  }
}
