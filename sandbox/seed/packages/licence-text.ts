export const LICENCE_TEXT = `Sandbox licence

This package belongs to the demo market of packagento. It may be installed on the
projects that a licence of the demo market is activated on, and studied by anybody.
It comes without any warranty.
`
