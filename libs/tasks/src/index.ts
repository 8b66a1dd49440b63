export { headWidth, parseTask, taskKinds, taskSchema, type Task, type TaskInput, type TaskKind } from './task.ts';
