import { setWorkflowOptions, workflowInfo } from '@temporalio/workflow'

type Run = (input: never) => Promise<void>

/**
 * A run of this story ends on the build that it began with (docs/decisions/0033). Its workers have to stay until then,
 * so this is only for stories that take money. Any other run goes on in the build that is current.
 */
export function pinned<Story extends Run>(story: Story): Story {
  // a getter, because a behaviour that a worker without a version reports fails every task of the run for ever
  setWorkflowOptions(
    () => (workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior: 'PINNED' } : {}),
    story,
  )
  return story
}
