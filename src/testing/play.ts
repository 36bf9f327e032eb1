/** Ends the scene in any case; what went wrong in it comes before what goes wrong in ending it. */
export async function finishing(play: Promise<void>, end: () => Promise<void>): Promise<void> {
  try {
    await play;
  } catch (error) {
    await end().catch(() => {});
    throw error;
  }
  await end();
}
