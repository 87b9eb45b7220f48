using System;

namespace Punnet.Spec;

/// <summary>Writes what <c>list --format json</c> prints, one container after the other: no more is kept of each than its text.</summary>
public sealed class StateListJson
{
    private readonly JsonWriter text;
    private bool isEmpty = true;

    /// <summary>An empty list.</summary>
    /// <param name="expected">How many bytes it will have, about; it grows where that is too few.</param>
    public StateListJson(int expected) => text = new JsonWriter(' ', 0, expected);

    /// <summary>Adds a state.</summary>
    /// <param name="state">The state.</param>
    public void Add(ContainerState state)
    {
        Open();
        text.Element(state, StateJson.StateMembers);
    }

    /// <summary>Adds a state whose record is only known as an excerpt.</summary>
    /// <param name="id">The container's id.</param>
    /// <param name="pid">The first process as the host sees it; 0 when there is none.</param>
    /// <param name="status">creating, created, running, stopped or paused.</param>
    /// <param name="excerpt">Parts of its record.</param>
    /// <param name="owner">Name of the user who created the container, or <c>#</c> and the id.</param>
    public void Add(string id, int pid, string status, RecordSummary excerpt, string owner)
    {
        Open();
        text.StartObject();
        text.Quoted("ociVersion"u8, excerpt.OciVersion);
        text.String("id"u8, id);
        text.Integer("pid"u8, pid);
        text.String("status"u8, status);
        text.Quoted("bundle"u8, excerpt.Bundle);
        text.Quoted("rootfs"u8, excerpt.Rootfs);
        text.Quoted("created"u8, excerpt.Created);
        if (!excerpt.Annotations.IsEmpty)
        {
            text.Raw("annotations"u8, excerpt.Annotations);
        }

        text.String("owner"u8, owner);
        text.EndObject();
    }

    /// <summary>Ends the list.</summary>
    /// <returns>UTF-8, one line and its end; <c>null</c> when there is no container, as runc has it.</returns>
    public ReadOnlySpan<byte> End()
    {
        if (isEmpty)
        {
            text.Null();
        }
        else
        {
            text.EndList();
        }

        text.EndLine();
        return text.Written;
    }

    private void Open()
    {
        if (isEmpty)
        {
            text.StartList();
            isEmpty = false;
        }
    }
}
