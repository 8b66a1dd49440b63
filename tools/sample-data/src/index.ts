export { makeSampleData } from './make-sample-data.ts';
export { makeTask, makerCommand, type MadeTask } from './make-task.ts';
export { sampleRecipes, type SampleRecipe } from './recipes.ts';
