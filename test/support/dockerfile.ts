/** An instruction of a Dockerfile. Continued lines are joined, comments are left out. */
export interface Instruction {
  name: string
  text: string
}

/** The stages of a Dockerfile, each with its instructions. `ARG`s before the first stage belong to none. */
export interface Stage {
  name: string
  from: string
  instructions: Instruction[]
}

export function stagesOf(dockerfile: string): Stage[] {
  const stages: Stage[] = []
  for (const instruction of instructionsOf(dockerfile)) {
    const [, from, name] = /^(\S+) AS (\S+)$/.exec(instruction.name === 'FROM' ? instruction.text : '') ?? []
    if (from && name) stages.push({ name, from, instructions: [] })
    else stages.at(-1)?.instructions.push(instruction)
  }
  return stages
}

/** The instructions of a stage, after those of the stages on which it is built. */
export function builtOf(stages: readonly Stage[], name: string): Instruction[] {
  const stage = stages.find((each) => each.name === name)
  return stage ? [...builtOf(stages, stage.from), ...stage.instructions] : []
}

/** The paths of the checkout that a stage copies. */
export function copiedBy(instructions: readonly Instruction[]): string[] {
  return instructions
    .filter(({ name, text }) => name === 'COPY' && !text.startsWith('--from='))
    .flatMap(({ text }) => text.split(/\s+/).slice(0, -1))
}

function instructionsOf(dockerfile: string): Instruction[] {
  const lines = dockerfile.split('\n').filter((line) => line.trim() && !/^\s*#/.test(line))
  return lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => {
      const at = line.indexOf(' ')
      return { name: line.slice(0, at), text: line.slice(at + 1).trim() }
    })
}
