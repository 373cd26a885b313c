/** One value for all who bring the same objects and the same key. It goes when one of the objects goes. */
type Node<Value> = { readonly below: WeakMap<object, Node<Value>>; readonly values: Map<string, Value> };

const node = <Value>(): Node<Value> => ({ below: new WeakMap(), values: new Map() });

export const sharedBy = <Objects extends readonly object[], Value>(): ((
  ...objects: Objects
) => (key: string, make: () => Value) => Value) => {
  const root = node<Value>();
  return (...objects) => {
    let place = root;
    for (const object of objects) {
      const next = place.below.get(object) ?? node<Value>();
      place.below.set(object, next);
      place = next;
    }
    return (key, make) => {
      const value = place.values.get(key) ?? make();
      place.values.set(key, value);
      return value;
    };
  };
};
