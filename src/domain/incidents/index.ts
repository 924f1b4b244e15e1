export { guideTo, INCIDENTS, type IncidentKind } from './kinds.ts'
export {
  clearForOperator,
  endIncident,
  findIncident,
  type Incident,
  openIncidents,
  raiseForOperator,
} from './incident-store.ts'
