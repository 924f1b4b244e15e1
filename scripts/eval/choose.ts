import type { ListedTool } from './client.ts'
import type { Facts } from './facts.ts'
import { wordsIn } from './words.ts'

/** How much a word of the task counts by where the tool has it. */
const IN_NAME = 3
const IN_TITLE = 2
const IN_DESCRIPTION = 1
const IN_PARAMETERS = 1
/** For a tool that only reads, if the task asks; for one that acts, if it does not. */
const RIGHT_KIND = 3

/** The tools that fit some words, best first. A word of few tools counts more. */
export function toolsFor(tools: readonly ListedTool[], { words, isQuestion, packages, urls }: Facts) {
  const texts = tools.map(partsOf)
  const weightOf = (word: string) => {
    const having = texts.filter(({ all }) => all.has(word)).length
    return having ? Math.log(1 + tools.length / having) : 0
  }
  const weights = new Map(words.map((word) => [word, weightOf(word)]))
  const scored = tools.map((tool, at) => {
    const parts = texts[at] ?? partsOf(tool)
    const byWords = words.reduce((sum, word) => sum + (weights.get(word) ?? 0) * parts.weightOf(word), 0)
    const isReading = tool.annotations?.readOnlyHint === true
    const wants = Object.keys(tool.inputSchema.properties ?? {})
    const takes =
      (packages.length && wants.some((name) => name.startsWith('package')) ? 1 : 0) +
      (urls.length && wants.some((name) => name.startsWith('repositor')) ? 1 : 0)
    return { tool, score: byWords && byWords + takes * 2 + (isReading === isQuestion ? RIGHT_KIND : 0) }
  })
  return scored
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ tool }) => tool)
}

function partsOf({ name, title = '', description = '', inputSchema }: ListedTool) {
  const parameters = Object.entries(inputSchema.properties ?? {})
  const parts: [number, Set<string>][] = [
    [IN_NAME, new Set(wordsIn(name))],
    [IN_TITLE, new Set(wordsIn(title))],
    [IN_DESCRIPTION, new Set(wordsIn(description))],
    [
      IN_PARAMETERS,
      new Set(parameters.flatMap(([key, { enum: choices = [] }]) => wordsIn(`${key} ${choices.join(' ')}`))),
    ],
  ]
  return {
    all: new Set(parts.flatMap(([, words]) => [...words])),
    weightOf: (word: string) => parts.find(([, words]) => words.has(word))?.[0] ?? 0,
  }
}
