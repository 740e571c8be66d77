// What a check wants of an error.

// The error of that code that a call ends with.
export async function fails(call, code) {
  const error = await call.then(
    answer => Promise.reject(new Error(`wanted code ${code}, got ${JSON.stringify(answer)}`)),
    error => error
  );
  if (error.code !== code) throw error;
  return error;
}
