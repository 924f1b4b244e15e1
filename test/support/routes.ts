import type { FastifyInstance } from 'fastify'

/** The paths of an app that answer this method, such as `/sign-in`. */
export function pathsOf(app: FastifyInstance, method: 'GET' | 'POST'): string[] {
  const parents: string[] = []
  return app
    .printRoutes({ commonPrefix: false, method })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', segment = '', methods] = /^([│ ]*)[├└]── (\S+)(?: \((.*)\))?$/.exec(line) ?? []
      if (!segment) return []
      parents.splice(indent.length / 4, Infinity, segment)
      const path = parents.join('')
      // `*` answers what is not found. Two routes may call the same part differently: the first name counts
      return methods && path !== '*' ? [path.replaceAll(/:(\w+)\|:\w+/g, ':$1')] : []
    })
}
