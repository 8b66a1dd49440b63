import { frobeniusNorm, innerProduct, matrix, multiply, transpose, type Matrix } from '@medlego/linalg';

/**
 * How the updates of a module answer the guessed inputs of each task: K_i[j, k] = tr(D_j G_i D_kᵀ), one [N, N] form per task,
 * with G_i as `priorGram` gives it. Computed from the products D_i D_jᵀ, without forming G_i.
 *
 * @param updates one per task, borrowed; zero where a task does not touch the module
 * @returns N matrices [N, N], symmetric
 */
export function responseForms(updates: readonly Matrix[], focus: number): Matrix[] {
  const count = updates.length;
  const plain = matrix(count, count);
  updates.forEach((x, j) =>
    updates.forEach(
      (y, k) => (plain.data[k * count + j] = k < j ? plain.data[j * count + k]! : innerProduct(x.data, y.data)),
    ),
  );
  const transposes = updates.map(transpose);
  return updates.map((own) => {
    const form = matrix(count, count, plain.data.slice());
    const norm = frobeniusNorm(own.data) ** 2;
    if (norm === 0 || focus === 0) return form;
    const products = transposes.map((other) => multiply(own, other).data); // D_i D_jᵀ [m, m]
    const square = frobeniusNorm(multiply(transpose(own), own).data) ** 2;
    const factor = (focus * norm) / square;
    for (let k = 0; k < count; k++)
      for (let j = 0; j < count; j++)
        form.data[k * count + j] = form.data[k * count + j]! + factor * innerProduct(products[j]!, products[k]!);
    return form;
  });
}

/** x + y into x. */
export function addInto(x: Matrix, y: Matrix): void {
  for (let i = 0; i < x.data.length; i++) x.data[i] = x.data[i]! + y.data[i]!;
}
