using System;
using System.Collections;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Reflection;
using Punnet.Abi;

namespace Punnet.Plan.Tests;

/// <summary>Every plan that differs from a given one in one value, found by reflection: a property that is new is among them.</summary>
internal sealed class PlanVariations
{
    private readonly HashSet<string> known = new(StringComparer.Ordinal);
    private readonly HashSet<string> tried = new(StringComparer.Ordinal);

    /// <summary>The changed copies of a value, each with the place of the change.</summary>
    public IEnumerable<(string Place, object Changed)> Of(object value, string place = "plan")
    {
        Type type = value.GetType();
        return value switch
        {
            // Programs are shown by their length: one instruction says nothing to a reader.
            BpfInstruction or EbpfInstruction => [],
            bool flag => [(place, !flag)],
            string text => [(place, text + "x")],
            CString text => [(place, CString.Of(text + "x"))],
            _ when type.IsEnum => [(place, Enum.ToObject(type, Convert.ToUInt64(value) ^ 1))],
            _ when type.IsPrimitive => [(place, Convert.ChangeType(Convert.ToInt64(value) + 1, type))],
            IList list => OfList(list, type, place),
            SchedulerAttributes attributes => OfStructure(attributes, type, place),
            _ => OfRecord(value, type, place),
        };
    }

    /// <summary>Properties that had no value in any record that was changed, so that nothing is known of them.</summary>
    public IEnumerable<string> Untried() => known.Except(tried, StringComparer.Ordinal);

    private IEnumerable<(string Place, object Changed)> OfRecord(object record, Type type, string place)
    {
        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(IsOfSteps))
        {
            string name = type.Name + "." + property.Name;
            known.Add(name);
            if (property.GetValue(record) is not object value)
            {
                continue;
            }

            foreach ((string inner, object changed) in Of(value, place + "." + property.Name))
            {
                tried.Add(name);
                object copy = Copy(record, type);
                property.SetValue(copy, changed);
                yield return (inner, copy);
            }
        }
    }

    // What only the state and the hooks are told of config.json is no step.
    private static bool IsOfSteps(PropertyInfo property) => property.CanWrite && property.PropertyType != typeof(ConfigExcerpt);

    private IEnumerable<(string Place, object Changed)> OfStructure(SchedulerAttributes structure, Type type, string place)
    {
        // Its size is no part of a plan: the system call fills it in.
        foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Instance).Where(field => field.Name != nameof(structure.Size)))
        {
            foreach ((string inner, object changed) in Of(field.GetValue(structure)!, place + "." + field.Name))
            {
                object copy = structure;
                field.SetValue(copy, changed);
                yield return (inner, copy);
            }
        }
    }

    private IEnumerable<(string Place, object Changed)> OfList(IList list, Type type, string place)
    {
        // ImmutableArray<T>'s default value is not an empty one.
        if (type.IsGenericType && (bool)(type.GetProperty("IsDefault")?.GetValue(list) ?? false))
        {
            yield break;
        }

        object[] items = [.. list.Cast<object>()];
        for (int i = 0; i < items.Length; i++)
        {
            yield return (place + " without [" + i + "]", Rebuild(items.Where((_, index) => index != i), type));
            foreach ((string inner, object changed) in Of(items[i], place + "[" + i + "]"))
            {
                yield return (inner, Rebuild(items.Select((item, index) => index == i ? changed : item), type));
            }
        }
    }

    private static object Rebuild(IEnumerable<object> items, Type type)
    {
        Type element = type.IsArray ? type.GetElementType()! : type.GetGenericArguments()[0];
        object[] all = [.. items];
        Array array = Array.CreateInstance(element, all.Length);
        Array.Copy(all, array, all.Length);
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(ImmutableArray<>))
        {
            return array;
        }

        MethodInfo create = typeof(ImmutableArray).GetMethods().Single(method =>
            method.Name == nameof(ImmutableArray.Create) && method.GetParameters() is [ParameterInfo only] && only.ParameterType.IsArray);
        return create.MakeGenericMethod(element).Invoke(null, [array])!;
    }

    private static object Copy(object record, Type type) =>
        type.IsValueType ? typeof(object)
            .GetMethod("MemberwiseClone", BindingFlags.NonPublic | BindingFlags.Instance)!.Invoke(record, null)!
            : type.GetMethod("<Clone>$")!.Invoke(record, null)!;
}
